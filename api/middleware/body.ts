import type { Request } from 'express';
import { ArtenicError } from '../../core/errors.ts';

const deepest = 32;

/** Reads a whole body. A declared length over the limit is refused before a byte of it is read. */
export async function readBody(request: Request, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): ArtenicError =>
    new ArtenicError('payload-too-large', `The body may have at most ${maxBytes} bytes.`);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function mediaTypeOf(request: Request): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Bytes as text; what is not UTF-8 is refused, not repaired. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ArtenicError('malformed-request', 'The body is not UTF-8.');
  }
}

/** PostgreSQL cannot store NUL, and a nesting beyond reason is an attack: both are told before anything is done. */
export function checkValue(value: unknown, depth = 0): void {
  if (depth > deepest) throw new ArtenicError('validation-failed', `The body is nested deeper than ${deepest} levels.`);
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new ArtenicError('validation-failed', 'Text may not hold the NUL character.');
    if (!value.isWellFormed()) throw new ArtenicError('validation-failed', 'Text may not hold lone surrogates.');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      checkValue(key, depth);
      checkValue(inner, depth + 1);
    }
  }
}

/** JSON with the place of the first fault in the message. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArtenicError(
      'malformed-request',
      `The body is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
