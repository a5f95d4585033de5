import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { S3Options } from '../../activities/storage/s3/client.ts';

export type StorageOptions =
  | { readonly kind: 'filesystem'; readonly root: string }
  | ({ readonly kind: 's3' } & S3Options);

const s3Parameters: ReadonlySet<string> = new Set(['endpoint', 'public-endpoint', 'region', 'path-style']);
/** docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Reads `file:///folder` or `s3://bucket/prefix?region=…&endpoint=…&public-endpoint=…&path-style=true`. Throws an error
 * that names the fault.
 */
export function storageOptionsOf(text: string): StorageOptions {
  const url = URL.parse(text);
  if (url?.protocol === 'file:') {
    const root = fileURLToPath(url);
    if (!isAbsolute(root) || root === '/') throw new Error('a folder, as in file:///srv/artenic');
    return { kind: 'filesystem', root };
  }
  if (url?.protocol !== 's3:') throw new Error('a URL that starts with s3:// or file:///');
  // The process list and logs would show the credentials.
  if (url.username !== '' || url.password !== '')
    throw new Error('no credentials here: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role');
  if (!bucketName.test(url.hostname)) throw new Error(`"${url.hostname}" is not a bucket name`);
  const unknown = [...url.searchParams.keys()].find((name) => !s3Parameters.has(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not one of ${[...s3Parameters].join(', ')}`);
  const prefix = withoutOuterSlashes(decodeURIComponent(url.pathname));
  const endpoint = endpointOf(url.searchParams, 'endpoint');
  const publicEndpoint = endpointOf(url.searchParams, 'public-endpoint');
  const pathStyle = url.searchParams.get('path-style') ?? 'false';
  if (pathStyle !== 'true' && pathStyle !== 'false') throw new Error('path-style is true or false');
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: url.searchParams.get('region') ?? 'us-east-1',
    pathStyle: pathStyle === 'true',
    ...(endpoint === null ? {} : { endpoint }),
    ...(publicEndpoint === null ? {} : { publicEndpoint }),
  };
}

function endpointOf(parameters: URLSearchParams, name: string): string | null {
  const text = parameters.get(name);
  if (text === null) return null;
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new Error(`${name} is not an http(s) URL`);
  return text;
}

function withoutOuterSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end).replace(/^\/+/, '');
}
