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
  /** Before every key; ends with `/` or is empty. Must be ours alone. */
  readonly prefix: string;
  /** URL of a server that speaks S3; AWS's own when absent. */
  readonly endpoint?: string;
  /** The same server as runners reach it, when that differs. Stands in signed URLs. */
  readonly publicEndpoint?: string;
  readonly region: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Absent: AWS's own chain (environment, profile, web identity, instance role). */
  readonly credentials?: S3Credentials;
};

export type S3 = {
  readonly sdk: typeof Sdk;
  readonly Upload: typeof Upload;
  readonly getSignedUrl: typeof getSignedUrl;
  readonly client: Sdk.S3Client;
  /** Only signs. */
  readonly signer: Sdk.S3Client;
};

const connectTimeoutMs = 5000;
/** Without a byte in either direction. */
const silenceTimeoutMs = 60_000;

/** Loads the SDK and makes the clients on first use. */
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
      // we say ourselves which checksum: others than AWS refuse the SDK's newer defaults
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

/** Every request ends with the call that it is for. Only the parts of an upload that was broken off are cleared away after it. */
function endWithTheCall({ config: { requestHandler } }: Sdk.S3Client): void {
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = (request, options) => {
    const isCleanUp = request.method === 'DELETE' && 'uploadId' in request.query;
    const abortSignal = isCleanUp ? AbortSignal.timeout(cleanUpMs) : callSignal();
    return handle(request, { ...(abortSignal === undefined ? {} : { abortSignal }), ...options });
  };
}
