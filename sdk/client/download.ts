import type { Http } from './http.ts';

/** The whole content of a file that the API serves. */
export async function download(http: Http, path: string): Promise<Uint8Array> {
  const content = await http.raw({ method: 'GET', path, unbounded: true }, (response) => response.arrayBuffer());
  return new Uint8Array(content);
}
