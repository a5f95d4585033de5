import type { Http } from './http.ts';

/** The whole content of a file that the API serves. */
export async function download(http: Http, path: string): Promise<Uint8Array> {
  const content = await http.raw({ method: 'GET', path, unbounded: true }, (response) => response.arrayBuffer());
  return new Uint8Array(content);
}

/** Reads content as it arrives; `offset` is the place of its first byte in the file. */
export type ReadContent<T> = (content: ReadableStream<Uint8Array>, offset: number) => Promise<T>;

/** First byte of a part, as `Content-Range` names it. */
const rangeStart = /^bytes (\d{1,16})-/;

/**
 * Gives the content of a file to `read` as it arrives. A connection that breaks is retried, with another call of `read`.
 * @param offset asked before each try: the content from this place on; a server may send all of it nevertheless
 */
export function readDownload<T>(http: Http, path: string, read: ReadContent<T>, offset?: () => number): Promise<T> {
  const from = offset === undefined ? {} : { offset };
  return http.raw({ method: 'GET', path, unbounded: true, ...from }, ({ body, headers, status }) => {
    const start = status === 206 ? rangeStart.exec(headers.get('content-range') ?? '')?.[1] : undefined;
    return read(body ?? new Blob([]).stream(), Number(start ?? 0));
  });
}
