import type { Request } from 'express';
import { ArtenicError } from '../../core/errors.ts';
import { mediaTypeOf, streamBody } from '../middleware/body.ts';

/** A file in a request; a form gives it a name. */
export type FileBody = { readonly name: string | null; readonly content: AsyncIterable<Uint8Array> };

/** Media types of a request with one file. */
export const fileBodyTypes = ['application/octet-stream', 'multipart/form-data'] as const;

/** Bytes that a form may have besides its file, and that the head of a part may have. */
const formBytes = 64_000;
const partHeadBytes = 8000;
const endOfHead = Buffer.from('\r\n\r\n');
const malformed = (why: string): ArtenicError => new ArtenicError('malformed-request', `The form ${why}.`);

/** Reads a form from its chunks: at any time at most one chunk and what a delimiter may begin with are in memory. */
class FormReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  // The first delimiter has no line before it.
  #rest = Buffer.from('\r\n');

  constructor(chunks: AsyncIterable<Buffer>, boundary: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw malformed('ends within a part');
    this.#rest = Buffer.concat([this.#rest, next.value]);
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#rest.length < bytes) await this.#more();
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  /** Content up to the next delimiter, which is taken, too. */
  async *content(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const at = this.#rest.indexOf(this.#delimiter);
      const isFound = at !== -1;
      const bytes = isFound ? at : Math.max(0, this.#rest.length - this.#delimiter.length + 1);
      if (bytes > 0) yield await this.#take(bytes);
      if (isFound) {
        await this.#take(this.#delimiter.length);
        return;
      }
      await this.#more();
    }
  }

  /** Head of the next part; null behind the last one. */
  async head(): Promise<string | null> {
    if ((await this.#take(2)).toString('latin1') === '--') return null;
    let at = this.#rest.indexOf(endOfHead);
    while (at === -1) {
      if (this.#rest.length > partHeadBytes) throw malformed('has a part with too long a head');
      await this.#more();
      at = this.#rest.indexOf(endOfHead);
    }
    return (await this.#take(at + endOfHead.length)).toString('utf8');
  }

  async drain(): Promise<void> {
    while ((await this.#chunks.next()).done !== true);
  }
}

/** File name of a part; null for a field. */
function fileNameOf(head: string): string | null {
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith('content-disposition:'));
  return /;\s?filename="([^"]*)"/i.exec(line ?? '')?.[1] ?? null;
}

async function fileOfForm(request: Request, maxBytes: number): Promise<FileBody> {
  const [, quoted, plain] =
    /;\s?boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(request.headers['content-type'] ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed('has no boundary');
  const reader = new FormReader(streamBody(request, maxBytes + formBytes), boundary);
  for await (const _ of reader.content());
  for (let head = await reader.head(); head !== null; head = await reader.head()) {
    const name = fileNameOf(head);
    if (name === null) {
      for await (const _ of reader.content());
      continue;
    }
    async function* content(): AsyncGenerator<Buffer, void, undefined> {
      let bytes = 0;
      for await (const chunk of reader.content()) {
        bytes += chunk.length;
        if (bytes > maxBytes)
          throw new ArtenicError('payload-too-large', `The file may have at most ${maxBytes} bytes.`);
        yield chunk;
      }
      // The rest behind the file is read, so that the answer can be sent.
      await reader.drain();
    }
    return { name, content: content() };
  }
  throw malformed('has no file');
}

/** The file that a request carries: as its body, or as the first file of a form. Its content must be read. */
export async function fileOf(request: Request, maxBytes: number): Promise<FileBody> {
  if (mediaTypeOf(request) === 'multipart/form-data') return fileOfForm(request, maxBytes);
  return { name: null, content: streamBody(request, maxBytes) };
}
