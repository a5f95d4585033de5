import { openAsBlob } from 'node:fs';
import { stampOf } from './found-files.ts';
import { hashFile, type Content, type Source } from './object-store.ts';
import { reading, SourceError } from './source-error.ts';

/** The file has changed since it was hashed. */
export class ChangedError extends SourceError {}

/** A file of known content. */
export type SourceFile = {
  readonly path: Source;
  readonly content: Content;
  /** Opens the file's bytes; throws ChangedError when they do not match `content` any more. */
  readonly open: () => Promise<Blob>;
};

export function readSource(path: Source, onRead: (bytes: number) => void): Promise<SourceFile> {
  return reading(async () => {
    const stamp = await stampOf(path);
    const content = await hashFile(path, { onRead });
    const open = (): Promise<Blob> =>
      reading(async () => {
        const blob = await openAsBlob(path);
        if (blob.size !== content.bytes || (await stampOf(path)) !== stamp)
          throw new ChangedError('it changes while it is stored');
        return blob;
      });
    await open();
    return { path, content, open };
  });
}
