import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ArtenicError } from '../../../core/errors.ts';
import type { ObjectStorage, StoredObject } from '../../../core/object-storage.ts';
import type { S3 } from './client.ts';
import { isS3Code, toS3Error } from './errors.ts';

type PutOptions = NonNullable<Parameters<ObjectStorage['put']>[2]>;
type Content = Parameters<ObjectStorage['put']>[1];

/** 10,000 parts of this size are 62 GB, the largest object of which the size is not known before. */
const partBytes = 6 * 1024 * 1024;
/** Each holds a part in memory. */
const partsAtOnce = 2;
/** Metadata by which an upload recognizes its own object when the answer was lost. */
const uploadMark = 'artenic-upload';

/** Content on its way: counted, hashed and held to its limits. Its fault is the caller's own, or a refusal of ours. */
class Checked {
  bytes = 0;
  sha256 = '';
  fault: { readonly error: unknown } | null = null;
  readonly #content: Content;
  readonly #key: string;
  readonly #options: PutOptions;

  constructor(content: Content, key: string, options: PutOptions) {
    this.#content = content;
    this.#key = key;
    this.#options = options;
  }

  /** The end comes only after the hash was found right, so what is wrong is never completed. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const { sha256: expected, maxBytes = Infinity } = this.#options;
    const hash = createHash('sha256');
    try {
      for await (const chunk of this.#content instanceof Uint8Array ? [this.#content] : this.#content) {
        this.bytes += chunk.byteLength;
        if (this.bytes > maxBytes) {
          throw new ArtenicError('payload-too-large', `${this.#key} is larger than ${maxBytes} bytes.`);
        }
        hash.update(chunk);
        if (chunk.byteLength > 0) yield chunk;
      }
      this.sha256 = hash.digest('hex');
      if (expected !== undefined && expected !== this.sha256) {
        const problem = `The content of ${this.#key} has the hash ${this.sha256}, not ${expected}.`;
        throw new ArtenicError('validation-failed', problem);
      }
    } catch (error) {
      this.fault = { error };
      throw error;
    }
  }
}

export async function putObject(
  s3: S3,
  place: { readonly Bucket: string; readonly Key: string },
  key: string,
  content: Content,
  options: PutOptions,
): Promise<StoredObject> {
  const checked = new Checked(content, key, options);
  const mark = randomUUID();
  const upload = new s3.Upload({
    client: s3.client,
    params: {
      ...place,
      Body: Readable.from(checked.chunks(), { objectMode: false }),
      ChecksumAlgorithm: 'SHA256',
      Metadata: { [uploadMark]: mark },
      ...(options.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
    },
    partSize: partBytes,
    queueSize: partsAtOnce,
    leavePartsOnError: false,
  });
  try {
    await upload.done();
  } catch (error) {
    if (checked.fault !== null) throw checked.fault.error;
    // a repeated request finds what its first sending has made: the answer to that was lost
    if (!mayBeOurOwn(error) || !(await isOurs(s3, place, mark, key))) throw toS3Error(error, key, 'writes');
  }
  return { key, bytes: checked.bytes, sha256: checked.sha256 };
}

function mayBeOurOwn(error: unknown): boolean {
  return isS3Code(error, 'NoSuchUpload') || isS3Code(error, 'PreconditionFailed');
}

async function isOurs(
  s3: S3,
  place: { readonly Bucket: string; readonly Key: string },
  mark: string,
  key: string,
): Promise<boolean> {
  try {
    const { Metadata } = await s3.client.send(new s3.sdk.HeadObjectCommand(place));
    return Metadata?.[uploadMark] === mark;
  } catch (error) {
    if (isS3Code(error, 'NotFound')) return false;
    throw toS3Error(error, key, 'writes');
  }
}
