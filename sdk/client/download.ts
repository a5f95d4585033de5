import type { Http } from './http.ts';

/** The whole content of a file that the API serves. */
export async function download(http: Http, path: string): Promise<Uint8Array> {
  const content = await http.raw({ method: 'GET', path, unbounded: true }, (response) => response.arrayBuffer());
  return new Uint8Array(content);
}

/** Gives the content of a file to `read` as it arrives. A connection that breaks is retried, with another call of `read`. */
export function readDownload<T>(
  http: Http,
  path: string,
  read: (content: ReadableStream<Uint8Array>) => Promise<T>,
): Promise<T> {
  return http.raw({ method: 'GET', path, unbounded: true }, ({ body }) => read(body ?? new Blob([]).stream()));
}
