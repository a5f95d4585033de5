import { createHash } from 'node:crypto';
import { objectKeys } from '@artenic/core';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { mapBounded } from '../../core/map-bounded.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { PrincipalStore, ProjectPrincipal, UploadPiece, UploadRecord } from '../../store/types.ts';

export type ReceiveDeps = {
  readonly store: PrincipalStore;
  readonly storage: Pick<ObjectStorage, 'put' | 'get' | 'head' | 'delete'>;
  readonly now: () => Date;
  readonly newId: () => string;
};

/** A death loses at most so many bytes of an upload. */
const pieceBytes = 16 * 1024 * 1024;
const deletesAtOnce = 8;

/** A source that is read in pieces. A source that breaks ends its piece, so that what has arrived is kept. */
class Pieces {
  failure: { readonly error: unknown } | null = null;
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #isOver = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** False at the end of the source. */
  async hasMore(): Promise<boolean> {
    while (this.#rest.byteLength === 0 && !this.#isOver) {
      try {
        const next = await this.#source.next();
        if (next.done === true) this.#isOver = true;
        else this.#rest = next.value;
      } catch (error) {
        this.#isOver = true;
        this.failure = { error };
      }
    }
    return this.#rest.byteLength > 0;
  }

  /** At most so many bytes. */
  async *take(mostBytes: number): AsyncGenerator<Uint8Array> {
    for (let left = mostBytes; left > 0 && (await this.hasMore());) {
      const chunk = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(chunk.byteLength);
      left -= chunk.byteLength;
      yield chunk;
    }
  }
}

async function* contentOf(
  storage: ReceiveDeps['storage'],
  pieces: readonly Pick<UploadPiece, 'key'>[],
): AsyncGenerator<Uint8Array> {
  for (const { key } of pieces) yield* await storage.get(key);
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Makes one object of the pieces, under the hash of their content. An announced hash is checked by the storage while it
 * writes. @returns the hash
 */
async function storeWhole(
  { storage }: Pick<ReceiveDeps, 'storage'>,
  { bytes, sha256: announced }: Pick<UploadRecord, 'bytes' | 'sha256'>,
  pieces: readonly Pick<UploadPiece, 'key'>[],
): Promise<string> {
  const sha256 = announced ?? (await hashOf(contentOf(storage, pieces)));
  const key = objectKeys.data(sha256);
  const present = await storage.head(key);
  if (present !== null && present.bytes !== bytes)
    throw new ArtenicError('validation-failed', `The content ${sha256} has ${present.bytes} bytes, not ${bytes}.`);
  if (present !== null) return sha256;
  try {
    await storage.put(key, contentOf(storage, pieces), { sha256, ifAbsent: true, maxBytes: bytes });
  } catch (error) {
    // Another upload has stored the same content.
    if (!isArtenicError(error, 'conflict')) throw error;
  }
  return sha256;
}

/** Ends an upload: its client hears `not-found`, and the collector removes what is left. */
export async function endUpload(
  { store, now }: Pick<ReceiveDeps, 'store' | 'now'>,
  principal: ProjectPrincipal,
  id: string,
): Promise<void> {
  await store.as(principal).uploads.end(principal.projectId, id, now());
}

/** All bytes are there: the last piece is acknowledged only when the content is stored, so that none is lost by a death. */
async function complete(
  deps: ReceiveDeps,
  principal: ProjectPrincipal,
  upload: UploadRecord,
  last: readonly UploadPiece[],
): Promise<void> {
  const { store, storage, now } = deps;
  const acting = store.as(principal);
  const pieces = [...(await store.uploads.pieces(upload.id)), ...last];
  let sha256: string;
  try {
    sha256 = await storeWhole(deps, upload, pieces);
  } catch (error) {
    // Content with another hash than the announced one never gets right.
    if (isArtenicError(error, 'validation-failed')) await endUpload(deps, principal, upload.id);
    throw error;
  }
  await acting.uploads.finish(upload.id, sha256, now());
  await mapBounded(pieces, deletesAtOnce, ({ key }) => storage.delete(key));
}

/**
 * Stores what arrives of an upload, piece after piece; each is kept once its row is written, whatever dies behind it.
 * A broken source ends the call with its error, after what has arrived is kept.
 * @returns the number of bytes that the upload has
 * @throws ArtenicError `offset-mismatch`, `not-found`, `validation-failed` for content with another hash
 */
export async function receive(
  deps: ReceiveDeps,
  principal: ProjectPrincipal,
  id: string,
  content: AsyncIterable<Uint8Array>,
): Promise<number> {
  const { store, storage, now, newId } = deps;
  const upload = await store.uploads.get(principal.projectId, id);
  const pieces = new Pieces(content);
  let { received } = upload;
  if (upload.bytes === 0 && upload.state === 'open') await complete(deps, principal, upload, []);
  while (received < upload.bytes && (await pieces.hasMore())) {
    const key = objectKeys.uploadPiece(id, received, newId());
    const { bytes } = await storage.put(key, pieces.take(Math.min(pieceBytes, upload.bytes - received)));
    const piece = { start: received, bytes, key };
    try {
      if (received + bytes === upload.bytes) await complete(deps, principal, upload, [piece]);
      else await store.as(principal).uploads.addPiece(id, piece, now());
    } catch (error) {
      // Another request was faster, or the upload has ended.
      await storage.delete(key);
      throw error;
    }
    received += bytes;
  }
  if (pieces.failure !== null) throw pieces.failure.error;
  return received;
}
