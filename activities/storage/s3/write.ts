import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { StoredObject } from '../../../core/object-storage.ts';
import { CheckedContent, type Content, type PutOptions } from '../checked-content.ts';
import type { S3 } from './client.ts';
import { isS3Code, toS3Error } from './errors.ts';

/** 10,000 parts of this size make 62 GB, the largest object whose size is not known in advance. */
const partBytes = 6 * 1024 * 1024;
/** Concurrent part uploads; each holds a part in memory. */
const partsAtOnce = 2;
/** Metadata by which an upload recognizes its own object after its answer was lost. */
const uploadMark = 'artenic-upload';

export async function putObject(
  s3: S3,
  place: { readonly Bucket: string; readonly Key: string },
  key: string,
  content: Content,
  options: PutOptions,
): Promise<StoredObject> {
  const checked = new CheckedContent(content, key, options);
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
    // after a lost answer, the SDK's retry finds the object that its first request created
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
