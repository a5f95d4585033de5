import { backOffMs, uploadViewSchema, type UploadView } from '@artenic/core';
import { ArtenicApiError } from './errors.ts';
import { betweenTriesMs, isWorthRepeating, pause, type ClientOptions, type Http, type UploadBody } from './http.ts';
import type { Signal } from './pages.ts';

const uploadPath = (id: string): string => `/api/v1/uploads/${encodeURIComponent(id)}`;
const tus = { 'tus-resumable': '1.0.0' } as const;

type Sent = {
  readonly bytes: number;
  /** SHA-256 of the content; the server refuses any other. */
  readonly sha256: string;
};
type SendOptions = Signal & {
  /** Id of an upload of the same content that was not finished. */
  readonly id?: string | undefined;
  /** Called with the id under which the upload can be continued, before the first byte is sent. */
  readonly onUpload?: (id: string) => void;
};

/** Base64 of text that is ASCII. */
const base64 = (text: string): string => btoa(text);

/** Uploads that continue where they broke off, also in a later process. They go through the API. */
export function uploadsApi(http: Http, { retries = 4 }: Pick<ClientOptions, 'retries'>) {
  const offsetOf = (id: string): Promise<number> =>
    http.raw({ method: 'HEAD', path: uploadPath(id), headers: tus }, async ({ headers }) =>
      Number(headers.get('upload-offset') ?? 0),
    );

  /** Bytes that have arrived of an earlier upload; null when it has ended. */
  async function known(id: string): Promise<number | null> {
    try {
      return await offsetOf(id);
    } catch (error) {
      if (error instanceof ArtenicApiError && error.problem.status === 404) return null;
      throw error;
    }
  }

  const start = ({ bytes, sha256 }: Sent): Promise<string> =>
    http.raw(
      {
        method: 'POST',
        path: '/api/v1/uploads',
        headers: { ...tus, 'upload-length': String(bytes), 'upload-metadata': `sha256 ${base64(sha256)}` },
      },
      async ({ headers }) => (headers.get('location') ?? '').split('/').at(-1) ?? '',
    );

  async function send(what: Sent, body: (offset: number) => UploadBody, options: SendOptions = {}): Promise<void> {
    let { id } = options;
    let offset = id === undefined ? null : await known(id);
    if (id === undefined || offset === null) [id, offset] = [await start(what), 0];
    options.onUpload?.(id);
    const path = uploadPath(id);
    for (let tries = 0; offset < what.bytes;) {
      const from: number = offset;
      const content = { type: 'application/offset+octet-stream', body: () => body(from) };
      const headers = { ...tus, 'upload-offset': String(from) };
      const signal = options.signal === undefined ? {} : { signal: options.signal };
      try {
        offset = await http.raw(
          { method: 'PATCH', path, headers, content, unbounded: true, retries: 0, ...signal },
          async (response) => Number(response.headers.get('upload-offset') ?? 0),
        );
      } catch (error) {
        const isMoved = error instanceof ArtenicApiError && error.problem.type.endsWith('offset-mismatch');
        if (tries >= retries || !(isMoved || isWorthRepeating(error))) throw error;
        await pause(backOffMs(tries, betweenTriesMs), options.signal);
        offset = await offsetOf(id);
        tries = offset > from ? 0 : tries + 1;
      }
    }
  }

  return {
    get: (id: string): Promise<UploadView> => http.json({ method: 'GET', path: uploadPath(id) }, uploadViewSchema),
    /** Sends a content, which a commit can name afterwards. Calls `body` for each try, with the place to begin at. */
    send,
  };
}
