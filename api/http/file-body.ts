import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Request } from 'express';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import { mediaTypeOf, streamBody } from '../middleware/body.ts';

/** A file in a request. Its content must be read. */
export type FileBody = {
  /** Name of the file in a form. */
  readonly name: string | null;
  /** Fields of the form before the file. */
  readonly fields: ReadonlyMap<string, string>;
  readonly content: AsyncIterable<Uint8Array>;
};

/** Media types of a request with one file. */
export const fileBodyTypes = ['application/octet-stream', 'multipart/form-data'] as const;

/** Bytes that a form may have besides its file. */
const formBytes = 64_000;
const malformed = (why: string, cause?: unknown): ArtenicError =>
  new ArtenicError('malformed-request', `The form ${why}.`, { cause });

function parserOf({ headers }: Request, maxBytes: number): busboy.Busboy {
  const limits = { files: 1, fields: 16, fieldNameSize: 100, fieldSize: 4096, headerPairs: 50, fileSize: maxBytes };
  try {
    return busboy({ headers, preservePath: true, defParamCharset: 'utf8', limits });
  } catch (cause) {
    throw malformed('has no boundary', cause);
  }
}

/** Failures of our own stay; others are those of the parser about the form. */
function asFault(error: unknown): ArtenicError {
  return error instanceof ArtenicError ? error : malformed(`cannot be read: ${messageOf(error)}`, error);
}

async function fileOfForm(request: Request, maxBytes: number): Promise<FileBody> {
  const parser = parserOf(request, maxBytes);
  const fields = new Map<string, string>();
  const opened = Promise.withResolvers<{
    readonly name: string;
    readonly stream: Readable & { truncated?: boolean };
  }>();
  parser.on('field', (name, value) => fields.set(name, value));
  parser.on('file', (_field, stream, { filename }) => {
    // A form may break before its content is read, or when nothing reads it after a refusal. A reader gets the error, too.
    stream.on('error', () => undefined);
    opened.resolve({ name: filename, stream });
  });
  const read = pipeline(Readable.from(streamBody(request, maxBytes + formBytes)), parser);
  read.then(
    () => opened.reject(malformed('has no file')),
    (error: unknown) => opened.reject(asFault(error)),
  );
  const { name, stream } = await opened.promise;
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
      if (stream.truncated === true)
        throw new ArtenicError('payload-too-large', `The file may have at most ${maxBytes} bytes.`);
      // The rest behind the file is read, so that the answer can be sent.
      await read;
    } catch (error) {
      throw asFault(error);
    }
  }
  return { name, fields, content: content() };
}

/** The file that a request carries: as its body, or as the first file of a form. */
export async function fileOf(request: Request, maxBytes: number): Promise<FileBody> {
  if (mediaTypeOf(request) === 'multipart/form-data') return fileOfForm(request, maxBytes);
  return { name: null, fields: new Map(), content: streamBody(request, maxBytes) };
}
