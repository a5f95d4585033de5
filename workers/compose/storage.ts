import { createHmac } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createOwnUrls } from '../../activities/storage/own-urls.ts';
import { createS3Storage } from '../../activities/storage/s3/storage.ts';
import type { ObjectSigning, ObjectStorage, OwnUrls } from '../../core/object-storage.ts';
import { apiUrlOf, type Config } from '../config.ts';
import { storageOptionsOf } from './storage-url.ts';

export type OpenedStorage = {
  readonly storage: ObjectStorage;
  readonly signing: ObjectSigning;
  /** Null when signed requests go to the storage itself. */
  readonly ownUrls: OwnUrls | null;
  /** Folder that runners on this machine use directly; null: they get signed requests, as all other runners do. */
  readonly sharedRoot: string | null;
};

/** The storage that the configuration names. No request is made before its first use. */
export function openStorage(config: Config): OpenedStorage {
  const options =
    config.ARTENIC_STORAGE_URL === undefined
      ? ({ kind: 'filesystem', root: join(resolve(config.ARTENIC_HOME), 'objects') } as const)
      : storageOptionsOf(config.ARTENIC_STORAGE_URL);
  if (options.kind === 's3') {
    const storage = createS3Storage(options);
    return { storage, signing: storage, ownUrls: null, sharedRoot: null };
  }
  const ownUrls = createOwnUrls({
    baseUrl: apiUrlOf(config),
    secret: createHmac('sha256', config.ARTENIC_KEY_PEPPER).update('signed object requests').digest(),
    now: () => new Date(),
  });
  const sharedRoot = config.ARTENIC_RUNNER_STORAGE === 'signed' ? null : options.root;
  return { storage: createFilesystemStorage({ root: options.root }), signing: ownUrls, ownUrls, sharedRoot };
}
