import { z } from 'zod';

export const storageKinds = ['filesystem', 's3', 'gcs', 'azure'] as const;
export type StorageKind = (typeof storageKinds)[number];

/** A storage for the files of datasets, and what it can do. It never holds an address or a credential. */
export const storageOptionSchema = z.object({
  name: z.string(),
  kind: z.enum(storageKinds),
  isDefault: z.boolean(),
  /** Machines and clients read from the storage itself, not through the API. */
  directDownloads: z.boolean(),
  /** They also send files with a known hash to the storage itself. */
  directUploads: z.boolean(),
  /** Large files are sent in parts by signed requests. */
  parts: z.boolean(),
  /** Sentences about what it cannot do. */
  cannot: z.array(z.string()),
});
export type StorageOption = z.output<typeof storageOptionSchema>;
