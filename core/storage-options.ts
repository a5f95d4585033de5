import type { StorageKind, StorageOption } from '@artenic/core';

type Abilities = Pick<StorageOption, 'directDownloads' | 'directUploads' | 'parts' | 'cannot'>;

const uploadsPass =
  'It cannot hold a signed upload to a hash: uploads with a known hash pass through the API, which checks them.';
const noParts = 'A signed upload is one request of at most 2 GB, not parts: one that breaks starts again.';

const abilities: Readonly<Record<StorageKind, Abilities>> = {
  filesystem: {
    directDownloads: false,
    directUploads: false,
    parts: false,
    cannot: ['Machines that do not share the folder read and write through the API.', noParts],
  },
  s3: { directDownloads: true, directUploads: true, parts: true, cannot: [] },
  gcs: {
    directDownloads: true,
    directUploads: false,
    parts: false,
    cannot: [uploadsPass, noParts, 'Names with a line break are refused.'],
  },
  azure: { directDownloads: true, directUploads: false, parts: false, cannot: [uploadsPass, noParts] },
};

/** The storage of this installation, as `GET /api/v1/datasets/storage-options` shows it. */
export function defaultStorageOption(kind: StorageKind): StorageOption {
  return { name: 'default', kind, isDefault: true, ...abilities[kind] };
}
