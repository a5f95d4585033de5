import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `onWrite` whenever the file has been written, until `signal` aborts. The system may have no notices left to
 * give, or none for this folder: then nothing is called, and the caller's own looks at the file remain.
 */
export function onWritten(path: string, signal: AbortSignal, onWrite: () => void): void {
  try {
    const watcher = watch(dirname(path), { persistent: false, signal }, (_event, name) => {
      if (name === basename(path)) onWrite();
    });
    watcher.on('error', () => watcher.close());
  } catch {
    // The folder cannot be watched.
  }
}
