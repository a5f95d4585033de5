import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys, type ContentProfile } from '@artenic/core';
import type { TableFormat } from '../../core/datasets/file-kinds.ts';
import { imageSizeOf } from '../../core/datasets/image-size.ts';
import { mostProfiledBytes, type ProfiledFile } from '../../core/datasets/profiling.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { StoredProfile } from '../../store/types.ts';
import { profileRevision } from '../../store/profiles/repository.ts';
import { cancellation } from '../cancellation.ts';
import type { InTemporaryFolder } from '../process-folder.ts';

type TableProfile = Extract<ContentProfile, { readonly kind: 'table' }>;
type FailedProfile = Extract<ContentProfile, { readonly kind: 'failed' }>;

/** Reads a table in a process of its own; `folder` is that process's, and `copy` a file below it. */
export type ReadTable = (
  source: { readonly path: string; readonly format: TableFormat; readonly isPacked: boolean },
  folder: string,
  options: { readonly signal?: AbortSignal },
) => Promise<
  | { readonly kind: 'done'; readonly profile: TableProfile; readonly copy: string | null }
  | { readonly kind: 'failed'; readonly failure: FailedProfile['failure'] }
>;

export type ContentDeps = {
  readonly storage: ObjectStorage;
  readonly inTemporaryFolder: InTemporaryFolder;
  readonly readTable: ReadTable;
};

/** Headers of images are in the first bytes, but for previews that a camera puts before them. */
const imageHeadBytes = 1024 ** 2;

function failed(message: string, reason: FailedProfile['failure']['reason'] = 'broken'): FailedProfile {
  return { kind: 'failed', failure: { reason, message, row: null, column: null } };
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function imageProfile({ storage }: ContentDeps, { sha256, kind }: ProfiledFile): Promise<ContentProfile> {
  if (kind.kind !== 'image') return failed('The file is not an image.');
  const head = await bytesOf(await storage.get(objectKeys.data(sha256), { offset: 0, bytes: imageHeadBytes }));
  const size = imageSizeOf(kind.format, head);
  return size === null ? failed(`The file is not an image in the format ${kind.format}.`) : { kind: 'image', ...size };
}

async function tableProfile(deps: ContentDeps, file: ProfiledFile): Promise<Omit<StoredProfile, 'sha256' | 'format'>> {
  const { storage, inTemporaryFolder, readTable } = deps;
  const { kind, sha256, format, bytes } = file;
  if (kind.kind !== 'table') return { profile: failed('The file is not a table.'), copy: null };
  if (bytes > mostProfiledBytes)
    return {
      profile: failed(
        `The file has ${bytes} bytes; files of more than ${mostProfiledBytes} are not read.`,
        'too-large',
      ),
      copy: null,
    };
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'source');
    await pipeline(
      await storage.get(objectKeys.data(sha256)),
      createWriteStream(path, { mode: 0o600 }),
      cancellation(),
    );
    const own = join(folder, 'reader');
    await mkdir(own, { mode: 0o700 });
    const answer = await readTable({ path, format: kind.format, isPacked: kind.isPacked }, own, cancellation());
    if (answer.kind === 'failed') return { profile: { kind: 'failed', failure: answer.failure }, copy: null };
    if (answer.copy === null) return { profile: answer.profile, copy: null };
    const key = objectKeys.copy(sha256, format, profileRevision);
    const { size } = await stat(answer.copy);
    await storage.put(key, createReadStream(answer.copy, cancellation()));
    return { profile: answer.profile, copy: { key, bytes: size } };
  });
}

/** The profile of one content; a content that cannot be read has one that says so. */
export async function profileContent(deps: ContentDeps, file: ProfiledFile): Promise<StoredProfile> {
  const { sha256, format } = file;
  if (file.kind.kind === 'table') return { sha256, format, ...(await tableProfile(deps, file)) };
  return { sha256, format, profile: await imageProfile(deps, file), copy: null };
}
