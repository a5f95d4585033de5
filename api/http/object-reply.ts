import type { Request } from 'express';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { rangeOf } from './range.ts';
import type { Reply } from './route.ts';

type Stored = { readonly key: string; readonly bytes: number };

/** Answers with an object, or with the part of it that `Range` asks for. */
export async function objectReply(
  { storage }: { readonly storage: Pick<ObjectStorage, 'get'> },
  request: Request,
  { key, bytes }: Stored,
  extra: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
    'accept-ranges': 'bytes',
    ...extra,
  };
  const range = rangeOf(request, bytes);
  if (range === 'behind-the-end') return { status: 416, headers: { 'content-range': `bytes */${bytes}` } };
  if (range === null)
    return {
      status: 200,
      stream: await storage.get(key),
      headers: { ...headers, 'content-length': String(bytes) },
    };
  const { start, end } = range;
  const length = end - start + 1;
  return {
    status: 206,
    stream: await storage.get(key, { offset: start, bytes: length }),
    headers: {
      ...headers,
      'content-length': String(length),
      'content-range': `bytes ${start}-${end}/${bytes}`,
    },
  };
}

/** The answers of such a route for the API's document. */
export const objectAnswers = {
  200: { description: 'The file', type: 'application/octet-stream' },
  206: { description: 'The part that `Range` asks for', type: 'application/octet-stream' },
  416: { description: 'The range starts beyond the end' },
} as const;
