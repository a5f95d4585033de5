import { createHash, randomUUID, type Hash } from 'node:crypto';
import { z } from 'zod';
import { ArtenicError, messageOf } from '../../../core/errors.ts';
import type { StoredObject } from '../../../core/object-storage.ts';
import { blocksOf, CheckedContent, type Content, type PutOptions } from '../checked-content.ts';
import { ask, isTemporary, pauseBefore, type Gcs, type GcsRequest } from './client.ts';
import { isEndedUpload, isNoObject, isTaken, refusalOf, toGcsError } from './errors.ts';

/** Google wants a multiple of 256 KiB for every block but the last. */
const blockBytes = 6 * 1024 * 1024;
/** Metadata by which an upload recognizes its own object after its answer was lost. */
const uploadMark = 'artenic-upload';
const cleanUpMs = 30_000;
const moreExpected = 308;

const markSchema = z.object({ metadata: z.record(z.string().max(200), z.string().max(10_000)).optional() });

type Upload = { readonly name: string; readonly mark: string; readonly ifAbsent: boolean };

/** Content of one block is one request; larger content is a resumable upload, which becomes visible with its end. */
export async function putObject(
  gcs: Gcs,
  name: string,
  key: string,
  content: Content,
  options: PutOptions,
): Promise<StoredObject> {
  const checked = new CheckedContent(content, key, options);
  const upload = { name, mark: randomUUID(), ifAbsent: options.ifAbsent === true };
  try {
    await send(gcs, upload, checked.chunks());
  } catch (error) {
    if (checked.fault !== null) throw checked.fault.error;
    // after a lost answer, the next try finds the object that the first created
    if (!(isTaken(error) || isEndedUpload(error)) || !(await isOurs(gcs, upload, key)))
      throw toGcsError(error, key, 'writes');
  }
  return { key, bytes: checked.bytes, sha256: checked.sha256 };
}

async function send(gcs: Gcs, upload: Upload, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const md5 = createHash('md5');
  let session: string | null = null;
  let start = 0;
  try {
    for await (const { bytes, isLast } of blocksOf(chunks, blockBytes)) {
      md5.update(bytes);
      if (session === null && isLast) return await sendWhole(gcs, upload, bytes, md5);
      session ??= await begin(gcs, upload);
      await sendBlock(gcs, session, { bytes, start, md5: isLast ? md5.digest('base64') : null });
      start += bytes.byteLength;
    }
  } catch (error) {
    if (session !== null) await abandon(gcs, session);
    throw error;
  }
}

function targetOf(gcs: Gcs, { name, ifAbsent }: Upload, uploadType: 'multipart' | 'resumable'): string {
  const query = new URLSearchParams({ uploadType, name, ...(ifAbsent ? { ifGenerationMatch: '0' } : {}) });
  return `${gcs.uploadUrl}?${query.toString()}`;
}

const contentType = 'application/octet-stream';
const json = 'application/json; charset=UTF-8';

/** Metadata and content in one request. The server refuses content with another hash. */
async function sendWhole(gcs: Gcs, upload: Upload, bytes: Uint8Array, md5: Hash): Promise<void> {
  const { name, mark } = upload;
  const metadata = { name, contentType, md5Hash: md5.digest('base64'), metadata: { [uploadMark]: mark } };
  // the mark is random, so the content cannot contain the boundary
  const boundary = `artenic-${mark}`;
  const head = `--${boundary}\r\ncontent-type: ${json}\r\n\r\n${JSON.stringify(metadata)}\r\n--${boundary}\r\n`;
  const body = Buffer.concat([
    Buffer.from(`${head}content-type: ${contentType}\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const headers = { 'content-type': `multipart/related; boundary=${boundary}` };
  const answer = await ask(gcs, { method: 'POST', url: targetOf(gcs, upload, 'multipart'), headers, body });
  if (!answer.ok) throw await refusalOf(answer);
  await answer.body?.cancel();
}

/** URL of a new resumable upload. */
async function begin(gcs: Gcs, upload: Upload): Promise<string> {
  const body = Buffer.from(JSON.stringify({ contentType, metadata: { [uploadMark]: upload.mark } }));
  const url = targetOf(gcs, upload, 'resumable');
  const answer = await ask(gcs, { method: 'POST', url, headers: { 'content-type': json }, body });
  if (!answer.ok) throw await refusalOf(answer);
  await answer.body?.cancel();
  const session = answer.headers.get('location');
  if (session === null) throw new ArtenicError('unavailable', 'The storage gave no address for an upload.');
  return session;
}

type SentBlock = {
  readonly bytes: Uint8Array;
  /** Bytes before the block. */
  readonly start: number;
  /** Hash of the whole object in base64, with its last block; null for another block. */
  readonly md5: string | null;
};

/** Sends a block until the server has all of it. After a lost answer the server says how much it has. */
async function sendBlock(gcs: Gcs, session: string, block: SentBlock): Promise<void> {
  const { bytes, start, md5 } = block;
  const end = start + bytes.byteLength;
  const total = md5 === null ? '*' : String(end);
  let first = start;
  for (let tries = 1; ; tries++) {
    const headers = {
      'content-range': `bytes ${first}-${end - 1}/${total}`,
      ...(md5 === null ? {} : { 'x-goog-hash': `md5=${md5}` }),
    };
    const body = bytes.subarray(first - start);
    const request = { method: 'PUT', url: session, headers, body } as const;
    const received = await receivedAfter(gcs, request, total, tries);
    if (received === 'all' || (md5 === null && received === end)) return;
    if (received < start || received > end || tries > 8)
      throw new ArtenicError('unavailable', `The storage has ${received} bytes of an upload, not ${end}.`);
    first = received;
  }
}

/** Sends the request once, and asks for the upload's state if its answer was lost or was a temporary error. */
async function receivedAfter(gcs: Gcs, request: GcsRequest, total: string, tries: number): Promise<number | 'all'> {
  try {
    const answer = await gcs.send(request);
    if (!isTemporary(answer.status) || !(await pauseBefore(tries + 1))) return await receivedOf(answer);
    await answer.body?.cancel();
  } catch (error) {
    if (!(error instanceof TypeError) || !(await pauseBefore(tries + 1))) throw error;
  }
  const headers = { 'content-range': `bytes */${total}` };
  return receivedOf(await ask(gcs, { ...request, headers, body: new Uint8Array() }));
}

async function receivedOf(answer: Response): Promise<number | 'all'> {
  if (!answer.ok && answer.status !== moreExpected) throw await refusalOf(answer);
  await answer.body?.cancel();
  if (answer.ok) return 'all';
  const last = answer.headers.get('range')?.split('-')[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** Errors are ignored: Google removes an unfinished upload after a week. */
async function abandon(gcs: Gcs, session: string): Promise<void> {
  try {
    const signal = AbortSignal.timeout(cleanUpMs);
    const answer = await gcs.send({ method: 'DELETE', url: session, signal });
    await answer.body?.cancel();
  } catch (left) {
    messageOf(left);
  }
}

async function isOurs(gcs: Gcs, { name, mark }: Upload, key: string): Promise<boolean> {
  try {
    const url = `${gcs.bucketUrl}/o/${encodeURIComponent(name)}?fields=metadata`;
    const answer = await ask(gcs, { method: 'GET', url });
    if (!answer.ok) throw await refusalOf(answer);
    return markSchema.parse(await answer.json()).metadata?.[uploadMark] === mark;
  } catch (error) {
    if (isNoObject(error)) return false;
    throw toGcsError(error, key, 'writes');
  }
}
