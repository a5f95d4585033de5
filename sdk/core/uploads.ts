import { z } from 'zod';

export const uploadStateNames = ['open', 'stored'] as const;

/** An upload that is resumed by the tus protocol. */
export const uploadViewSchema = z.object({
  id: z.string(),
  /** The name that its client gave the file. */
  path: z.string().nullable(),
  bytes: z.number().int(),
  /** Bytes that have arrived and are kept. */
  received: z.number().int(),
  /** `stored`: a commit can name the content by its hash. */
  state: z.enum(uploadStateNames),
  /** Hash of the content, or the hash that the client has announced. */
  sha256: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type UploadView = z.output<typeof uploadViewSchema>;
