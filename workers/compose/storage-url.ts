import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AzureOptions } from '../../activities/storage/azure/client.ts';
import type { GcsOptions } from '../../activities/storage/gcs/client.ts';
import type { S3Options } from '../../activities/storage/s3/client.ts';

/** File with the storage's credentials; absent: those of the process's environment. */
type WithFile<Options> = Options & { readonly credentialsFile?: string };

export type StorageOptions =
  | { readonly kind: 'filesystem'; readonly root: string }
  | ({ readonly kind: 's3' } & WithFile<Omit<S3Options, 'credentials'>>)
  | ({ readonly kind: 'gcs' } & WithFile<Omit<GcsOptions, 'credentials'>>)
  | ({ readonly kind: 'azure' } & WithFile<Omit<AzureOptions, 'accountKey'>>);

const commonParameters = ['endpoint', 'public-endpoint', 'credentials'] as const;
const s3Parameters = [...commonParameters, 'region', 'path-style'] as const;

/** docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; Google's rules are the same, with `_`. */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;
/** learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const accountName = /^[a-z0-9]{3,24}$/;
/** Azure also refuses two hyphens in a row. */
const containerName = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Reads `file:///folder`, `s3://bucket/prefix?region=…&path-style=true`, `gs://bucket/prefix` or
 * `az://account/container/prefix`; the last three also with `endpoint=…`, `public-endpoint=…` and `credentials=FILE`.
 * Throws an error that names the fault.
 */
export function storageOptionsOf(text: string): StorageOptions {
  const url = URL.parse(text);
  switch (url?.protocol) {
    case 'file:':
      return folderOf(url);
    case 's3:':
      return s3OptionsOf(url);
    case 'gs:':
      return { kind: 'gcs', bucket: bucketOf(url), prefix: prefixOf(url.pathname), ...placesOf(url, commonParameters) };
    case 'az:':
      return azureOptionsOf(url);
    case undefined:
    default:
      throw new Error('a URL that starts with s3://, gs://, az:// or file:///');
  }
}

function folderOf(url: URL): StorageOptions {
  const root = fileURLToPath(url);
  if (!isAbsolute(root) || root === '/') throw new Error('a folder, as in file:///srv/artenic');
  return { kind: 'filesystem', root };
}

function s3OptionsOf(url: URL): StorageOptions {
  const places = placesOf(url, s3Parameters);
  const pathStyle = url.searchParams.get('path-style') ?? 'false';
  if (pathStyle !== 'true' && pathStyle !== 'false') throw new Error('path-style is true or false');
  return {
    kind: 's3',
    bucket: bucketOf(url),
    prefix: prefixOf(url.pathname),
    region: url.searchParams.get('region') ?? 'us-east-1',
    pathStyle: pathStyle === 'true',
    ...places,
  };
}

function azureOptionsOf(url: URL): StorageOptions {
  const places = placesOf(url, commonParameters);
  const [container = '', ...rest] = prefixOf(url.pathname).split('/');
  if (!accountName.test(url.hostname)) throw new Error(`"${url.hostname}" is not the name of a storage account`);
  if (!containerName.test(container)) throw new Error(`"${container}" is not the name of a container`);
  return { kind: 'azure', account: url.hostname, container, prefix: rest.join('/'), ...places };
}

function bucketOf({ hostname }: URL): string {
  if (!bucketName.test(hostname)) throw new Error(`"${hostname}" is not a bucket name`);
  return hostname;
}

function placesOf(url: URL, known: readonly string[]) {
  // The process list and logs would show the credentials.
  if (url.username !== '' || url.password !== '')
    throw new Error('no credentials here: use the environment, a role, or credentials=FILE');
  const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not one of ${known.join(', ')}`);
  const endpoint = endpointOf(url.searchParams, 'endpoint');
  const publicEndpoint = endpointOf(url.searchParams, 'public-endpoint');
  const credentialsFile = url.searchParams.get('credentials');
  return {
    ...(endpoint === null ? {} : { endpoint }),
    ...(publicEndpoint === null ? {} : { publicEndpoint }),
    ...(credentialsFile === null ? {} : { credentialsFile }),
  };
}

function endpointOf(parameters: URLSearchParams, name: string): string | null {
  const text = parameters.get(name);
  if (text === null) return null;
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new Error(`${name} is not an http(s) URL`);
  return text;
}

/** The path without slashes at its ends, and with one after it; empty for an empty path. */
function prefixOf(pathname: string): string {
  const path = decodeURIComponent(pathname);
  let end = path.length;
  while (path[end - 1] === '/') end--;
  const inner = path.slice(0, end).replace(/^\/+/, '');
  return inner === '' ? '' : `${inner}/`;
}
