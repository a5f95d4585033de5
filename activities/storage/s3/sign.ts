import { ArtenicError } from '../../../core/errors.ts';
import type { ObjectSigning, PartSigning, SignedContent, SignedRequest } from '../../../core/object-storage.ts';
import type { S3 } from './client.ts';
import { isS3Code } from './errors.ts';

type Place = { readonly Bucket: string; readonly Key: string };
type SigningOptions = Parameters<S3['getSignedUrl']>[2];
type Guarded = <T>(key: string, effect: 'reads' | 'writes', work: (s3: S3, place: Place) => Promise<T>) => Promise<T>;

/** Maximum parts of one object (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const maxParts = 10_000;
const mebibyte = 1024 ** 2;
const usualPartBytes = 64 * mebibyte;
/** Maximum lifetime of a SigV4 signature. */
const maxLifeSeconds = 7 * 24 * 3600;

/** Length and checksum bind the sender only as signed headers; the server does not enforce them in the query. */
const boundHeaders = ['content-length', 'x-amz-checksum-sha256'] as const;

export function createS3Signing({ guarded }: { readonly guarded: Guarded }): ObjectSigning {
  return {
    signGet: (key, { expiresInSeconds }) =>
      guarded(key, 'reads', (s3, place) =>
        sign(s3, expiresInSeconds, { method: 'GET', headers: {} }, (options) =>
          s3.getSignedUrl(s3.signer, new s3.sdk.GetObjectCommand(place), options),
        ),
      ),
    signPut: (key, { expiresInSeconds, content }) =>
      guarded(key, 'reads', (s3, place) =>
        sign(s3, expiresInSeconds, { method: 'PUT', headers: headersOf(content) }, (options) =>
          s3.getSignedUrl(s3.signer, new s3.sdk.PutObjectCommand({ ...place, ...bindingOf(content) }), options),
        ),
      ),
    parts: createPartSigning(guarded),
  };
}

function createPartSigning(guarded: Guarded): PartSigning {
  return {
    partBytesFor: (objectBytes) => Math.max(usualPartBytes, Math.ceil(objectBytes / maxParts / mebibyte) * mebibyte),
    begin: (key) =>
      guarded(key, 'writes', async ({ client, sdk }, place) => {
        const { UploadId } = await client.send(
          new sdk.CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'SHA256' }),
        );
        if (UploadId === undefined) throw new ArtenicError('unavailable', 'The storage gave no id for an upload.');
        return { uploadId: UploadId };
      }),
    signPart: (key, uploadId, { partNumber, bytes, sha256, expiresInSeconds }) =>
      guarded(key, 'reads', (s3, place) => {
        const input = { ...place, UploadId: uploadId, PartNumber: partNumber, ...bindingOf({ bytes, sha256 }) };
        const headers = headersOf({ bytes, sha256 });
        return sign(s3, expiresInSeconds, { method: 'PUT', headers }, (options) =>
          s3.getSignedUrl(s3.signer, new s3.sdk.UploadPartCommand(input), options),
        );
      }),
    complete: (key, uploadId, parts) =>
      guarded(key, 'writes', async ({ client, sdk }, place) => {
        const Parts = parts.map(({ etag, sha256 }, index) => ({
          PartNumber: index + 1,
          ETag: etag,
          ChecksumSHA256: base64Of(sha256),
        }));
        try {
          const input = { ...place, UploadId: uploadId, MultipartUpload: { Parts } };
          await client.send(new sdk.CompleteMultipartUploadCommand(input));
        } catch (error) {
          // an earlier request completed the upload, but its answer was lost
          if (!isS3Code(error, 'NoSuchUpload')) throw error;
          await client.send(new sdk.HeadObjectCommand(place));
        }
      }),
    abort: (key, uploadId) =>
      guarded(key, 'writes', async ({ client, sdk }, place) => {
        try {
          await client.send(new sdk.AbortMultipartUploadCommand({ ...place, UploadId: uploadId }));
        } catch (error) {
          if (!isS3Code(error, 'NoSuchUpload')) throw error;
        }
      }),
  };
}

function base64Of(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}

function bindingOf(content: SignedContent | undefined) {
  return content === undefined ? {} : { ContentLength: content.bytes, ChecksumSHA256: base64Of(content.sha256) };
}

function headersOf(content: SignedContent | undefined): Readonly<Record<string, string>> {
  return content === undefined
    ? {}
    : { 'content-length': String(content.bytes), 'x-amz-checksum-sha256': base64Of(content.sha256) };
}

async function sign(
  { signer }: S3,
  expiresInSeconds: number,
  { method, headers }: Pick<SignedRequest, 'method' | 'headers'>,
  urlOf: (options: SigningOptions) => Promise<string>,
): Promise<SignedRequest> {
  const expiresIn = Math.min(expiresInSeconds, maxLifeSeconds);
  const bound = new Set<string>(boundHeaders);
  const nowMs = Date.now();
  const url = await urlOf({ expiresIn, signableHeaders: bound, unhoistableHeaders: bound });
  const { expiration } = await signer.config.credentials();
  const endMs = Math.min(nowMs + expiresIn * 1000, expiration?.getTime() ?? Number.POSITIVE_INFINITY);
  return { method, url, headers, expiresAt: new Date(endMs).toISOString() };
}
