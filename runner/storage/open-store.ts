import { createDirectoryStore } from './directory-store.ts';
import type { RunnerStore, StoreParts } from './object-store.ts';
import { SignedStore } from './signed-store.ts';

/** The store that the bootstrap grants. */
export function createRunnerStore(parts: StoreParts): RunnerStore {
  const { storage } = parts.bootstrap;
  return storage.kind === 'directory' ? createDirectoryStore(storage.root, parts) : new SignedStore(parts);
}
