import { ReadableStream } from 'node:stream/web';
import { DataStore, MemoryLocker, Server, Upload } from '@tus/server';
import type { Request as ExpressRequest } from 'express';
import { endUpload, receive } from '../../app/uploads/receive.ts';
import { ArtenicError, type ErrorType } from '../../core/errors.ts';
import type { ProjectPrincipal, UploadRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import type { Reply } from '../http/route.ts';
import { streamBody } from '../middleware/body.ts';
import { mustBeAllowed } from './rules.ts';

export const uploadsPath = '/api/v1/uploads';

/** Longest metadata that is kept: a path, a hash and what a client adds. */
const mostMetadataBytes = 4096;
const isSha256 = /^[0-9a-f]{64}$/;

/** A second request for an upload waits until the first one has kept its bytes. */
const locker = new MemoryLocker();

type Metadata = Upload['metadata'];

const asTus = ({ id, bytes, received, metadata, createdAt }: UploadRecord): Upload =>
  new Upload({
    ...{ id, size: bytes, offset: received, creation_date: createdAt.toISOString() },
    metadata: JSON.parse(metadata) as NonNullable<Metadata>,
  });

/** Uploads of one caller as tus sees them. */
class CallerUploads extends DataStore {
  readonly #deps: ApiDeps;
  readonly #principal: ProjectPrincipal;

  constructor(deps: ApiDeps, principal: ProjectPrincipal) {
    super();
    this.#deps = deps;
    this.#principal = principal;
    this.extensions = ['creation', 'creation-with-upload', 'termination'];
  }

  override async create(upload: Upload): Promise<Upload> {
    const { store, now } = this.#deps;
    const { projectId, name } = this.#principal;
    const { id, size = 0, metadata = {} } = upload;
    const text = JSON.stringify(metadata);
    if (Buffer.byteLength(text) > mostMetadataBytes)
      throw new ArtenicError('validation-failed', `Upload-Metadata may have at most ${mostMetadataBytes} bytes.`);
    const sha256 = metadata['sha256'] ?? null;
    if (sha256 !== null && !isSha256.test(sha256))
      throw new ArtenicError('validation-failed', 'The metadata `sha256` is not 64 lower-case hexadecimal digits.');
    const given = metadata['path'] ?? metadata['filename'] ?? metadata['name'] ?? null;
    const path = given === null ? null : mustBeAllowed(this.#deps.uploads, given);
    await store.as(this.#principal).uploads.insert({
      ...{ id, projectId, path, metadata: text, bytes: size, sha256, createdBy: name, createdAt: now() },
    });
    if (size === 0) await this.write(noBytes(), id);
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    return asTus(await this.#deps.store.uploads.get(this.#principal.projectId, id));
  }

  override write(content: AsyncIterable<Uint8Array>, id: string): Promise<number> {
    return receive(this.#deps, this.#principal, id, content);
  }

  override remove(id: string): Promise<void> {
    return endUpload(this.#deps, this.#principal, id);
  }
}

// oxlint-disable-next-line no-empty-function -- an upload of no bytes
async function* noBytes(): AsyncGenerator<Uint8Array> {}

/** Our kinds of failures for those of the protocol. */
const failures: ReadonlyMap<number, ErrorType> = new Map([
  [404, 'not-found'],
  [409, 'offset-mismatch'],
  [410, 'not-found'],
  [413, 'payload-too-large'],
  [415, 'unsupported-media-type'],
  [500, 'not-ready'],
]);

const requestHeaders = [
  ...(['tus-resumable', 'upload-length', 'upload-defer-length', 'upload-metadata', 'upload-offset'] as const),
  ...(['upload-concat', 'content-type', 'content-length'] as const),
];
const answerHeaders = new Set(['location', 'cache-control', 'upload-expires']);

function asWeb(deps: ApiDeps, request: ExpressRequest): Request {
  const headers = new Headers();
  for (const name of requestHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const hasBody = request.method === 'PATCH' || request.method === 'POST';
  const init = { method: request.method, headers, duplex: 'half' };
  const body = hasBody ? { body: ReadableStream.from(streamBody(request, deps.uploads.resumableBytes)) } : {};
  return new Request(new URL(request.originalUrl, 'http://artenic'), { ...init, ...body } as unknown as RequestInit);
}

/**
 * Answers a request of the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload). Uploads are those of the
 * caller's project.
 */
export async function answerTus(
  deps: ApiDeps,
  principal: ProjectPrincipal,
  request: ExpressRequest,
  upload?: string,
): Promise<Reply> {
  // A foreign upload does not exist, whatever else is wrong with the request.
  if (upload !== undefined) await deps.store.uploads.get(principal.projectId, upload);
  let fault: unknown = null;
  const { resumableBytes } = deps.uploads;
  const server = new Server({
    ...{ path: uploadsPath, relativeLocation: true, datastore: new CallerUploads(deps, principal), locker },
    namingFunction: () => deps.newId(),
    onUploadCreate: (_request, { size = 0 }) => {
      if (size > resumableBytes)
        throw new ArtenicError('payload-too-large', `An upload may have at most ${resumableBytes} bytes.`);
      return Promise.resolve({});
    },
    onResponseError: (_request, error) => {
      fault = error;
      return undefined;
    },
  });
  const response = await server.handleWeb(asWeb(deps, request));
  if (fault instanceof ArtenicError) throw fault;
  if (response.status >= 400) {
    const text = (await response.text()).trim();
    throw new ArtenicError(failures.get(response.status) ?? 'malformed-request', `${text}.`, { cause: fault });
  }
  const headers = [...response.headers].filter(
    ([name]) => answerHeaders.has(name) || name.startsWith('tus-') || name.startsWith('upload-'),
  );
  return { status: response.status, headers: Object.fromEntries(headers) };
}
