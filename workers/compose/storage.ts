import { createHmac } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { StorageKind } from '@artenic/core';
import { createAzureStorage } from '../../activities/storage/azure/storage.ts';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createGcsStorage } from '../../activities/storage/gcs/storage.ts';
import { createOwnUrls } from '../../activities/storage/own-urls.ts';
import { withOwnUploads } from '../../activities/storage/partly-signed.ts';
import { createS3Storage } from '../../activities/storage/s3/storage.ts';
import { assertNever } from '../../core/assert-never.ts';
import type { DirectSigning, ObjectSigning, ObjectStorage, OwnUrls } from '../../core/object-storage.ts';
import { apiUrlOf, type Config } from '../config.ts';
import {
  azureCredentialsSchema,
  gcsCredentialsSchema,
  readCredentials,
  s3CredentialsSchema,
} from './storage-credentials.ts';
import { storageOptionsOf, type StorageOptions } from './storage-url.ts';

export type OpenedStorage = {
  readonly kind: StorageKind;
  readonly storage: ObjectStorage;
  readonly signing: ObjectSigning;
  /** Null when no signed request goes to the API. */
  readonly ownUrls: OwnUrls | null;
  /** Folder that runners on this machine use directly; null: they get signed requests, as all other runners do. */
  readonly sharedRoot: string | null;
};

/** The storage that the configuration names. No request is made before its first use. */
export function openStorage(config: Config): OpenedStorage {
  const options: StorageOptions =
    config.ARTENIC_STORAGE_URL === undefined
      ? { kind: 'filesystem', root: join(resolve(config.ARTENIC_HOME), 'objects') }
      : storageOptionsOf(config.ARTENIC_STORAGE_URL);
  const own = createOwnUrls({
    baseUrl: apiUrlOf(config),
    secret: createHmac('sha256', config.ARTENIC_KEY_PEPPER).update('signed object requests').digest(),
    now: () => new Date(),
  });
  switch (options.kind) {
    case 'filesystem': {
      const sharedRoot = config.ARTENIC_RUNNER_STORAGE === 'signed' ? null : options.root;
      const storage = createFilesystemStorage({ root: options.root });
      return { kind: 'filesystem', storage, signing: own, ownUrls: own, sharedRoot };
    }
    case 's3': {
      const { credentialsFile: file } = options;
      const credentials = file === undefined ? {} : { credentials: readCredentials(file, s3CredentialsSchema) };
      const storage = createS3Storage({ ...options, ...credentials });
      return { kind: 's3', storage, signing: storage, ownUrls: null, sharedRoot: null };
    }
    case 'gcs': {
      const { credentialsFile: file } = options;
      const credentials = file === undefined ? {} : { credentials: readCredentials(file, gcsCredentialsSchema) };
      return signedInPart('gcs', createGcsStorage({ ...options, ...credentials }), own);
    }
    case 'azure':
      return signedInPart('azure', createAzureStorage({ ...options, accountKey: accountKeyOf(options, config) }), own);
    default:
      return assertNever(options);
  }
}

function signedInPart(
  kind: StorageKind,
  storage: ObjectStorage & DirectSigning,
  own: ObjectSigning & OwnUrls,
): OpenedStorage {
  return { kind, storage, signing: withOwnUploads(storage, own), ownUrls: own, sharedRoot: null };
}

function accountKeyOf({ credentialsFile: file }: { readonly credentialsFile?: string }, config: Config): string {
  if (file !== undefined) return readCredentials(file, azureCredentialsSchema).accountKey;
  if (config.AZURE_STORAGE_KEY !== undefined) return config.AZURE_STORAGE_KEY;
  throw new Error('Azure Blob Storage needs AZURE_STORAGE_KEY, or credentials=FILE in its URL.');
}
