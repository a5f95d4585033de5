import type * as Sdk from '@aws-sdk/client-s3';
import type { Upload } from '@aws-sdk/lib-storage';
import type { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { callSignal } from '../../time-limit.ts';

export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export type S3Options = {
  readonly bucket: string;
  /** Prefix of every key; empty or ends with `/`. No other application may use it. */
  readonly prefix: string;
  /** URL of a server that speaks S3; AWS's own endpoint if absent. */
  readonly endpoint?: string;
  /** URL of the same server for runners, if it differs. Signed URLs contain it. */
  readonly publicEndpoint?: string;
  readonly region: string;
  /** Use `https://host/bucket/key` instead of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** If absent, AWS's credential chain applies (environment, profile, web identity, instance role). */
  readonly credentials?: S3Credentials;
};

export type S3 = {
  readonly sdk: typeof Sdk;
  readonly Upload: typeof Upload;
  readonly getSignedUrl: typeof getSignedUrl;
  readonly client: Sdk.S3Client;
  /** Used only to sign requests. */
  readonly signer: Sdk.S3Client;
};

const connectTimeoutMs = 5000;
/** Maximum time without a byte in either direction. */
const silenceTimeoutMs = 60_000;

/** Loads the SDK and creates the clients on first use. */
export function lazyS3({ endpoint, publicEndpoint, region, pathStyle, credentials }: S3Options): () => Promise<S3> {
  let made: Promise<S3> | null = null;
  async function make(): Promise<S3> {
    const [sdk, { Upload }, { getSignedUrl }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/lib-storage'),
      import('@aws-sdk/s3-request-presigner'),
    ]);
    const common = {
      region,
      forcePathStyle: pathStyle,
      ...(credentials === undefined ? {} : { credentials }),
      // checksums are set explicitly, because servers other than AWS refuse the SDK's newer defaults
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    } as const;
    const client = new sdk.S3Client({
      ...common,
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 4,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        socketTimeout: silenceTimeoutMs,
        httpsAgent: { maxSockets: 100 },
        httpAgent: { maxSockets: 100 },
      },
    });
    endWithTheCall(client);
    const reachable = publicEndpoint ?? endpoint;
    const signer = new sdk.S3Client({ ...common, ...(reachable === undefined ? {} : { endpoint: reachable }) });
    return { sdk, Upload, getSignedUrl, client, signer };
  }
  return () => (made ??= make());
}

const cleanUpMs = 30_000;

/** Aborts every request when its call ends. Only the removal of an aborted upload's parts may continue. */
function endWithTheCall({ config: { requestHandler } }: Sdk.S3Client): void {
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = (request, options) => {
    const isCleanUp = request.method === 'DELETE' && 'uploadId' in request.query;
    const abortSignal = isCleanUp ? AbortSignal.timeout(cleanUpMs) : callSignal();
    return handle(request, { ...(abortSignal === undefined ? {} : { abortSignal }), ...options });
  };
}
