import type { Request } from 'express';
import { keepDigits } from '@artenic/core';
import getRawBody from 'raw-body';
import { ArtenicError } from '../../core/errors.ts';
import { jsonFault } from '../http/json-fault.ts';

const deepest = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function tooLarge(maxBytes: number): ArtenicError {
  return new ArtenicError('payload-too-large', `The body may have at most ${maxBytes} bytes.`);
}

function checkHead(request: Request, maxBytes: number): void {
  if (!['', 'identity'].includes(request.headers['content-encoding'] ?? ''))
    throw new ArtenicError('unsupported-media-type', 'Send the body without a Content-Encoding.');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/**
 * The body's bytes as they arrive. A body that announces a length over the limit is refused before any of it is read.
 * The request stays usable when the reader stops early, so that it can still be answered.
 */
export async function* streamBody(request: Request, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  checkHead(request, maxBytes);
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (cause) {
    if (!request.destroyed || request.readableEnded || cause instanceof ArtenicError) throw cause;
    throw new ArtenicError('malformed-request', 'The connection ended before the body did.', { cause });
  }
}

/**
 * A body up to this length must arrive within `smallBodyTimeoutMs`, even on a slow line; a longer body has the server's
 * own limit.
 */
const smallBytes = 1_000_000;
const smallBodyTimeoutMs = 30_000;

/** Reads the whole body. */
export async function readBody(request: Request, maxBytes: number, timeoutMs = smallBodyTimeoutMs): Promise<Buffer> {
  checkHead(request, maxBytes);
  const late = Promise.withResolvers<never>();
  const timer =
    maxBytes <= smallBytes
      ? setTimeout(
          () =>
            late.reject(new ArtenicError('malformed-request', `The body did not come within ${timeoutMs / 1000} s.`)),
          timeoutMs,
        ).unref()
      : undefined;
  try {
    const length = request.headers['content-length'] ?? null;
    return await Promise.race([getRawBody(request, { length, limit: maxBytes }), late.promise]);
  } catch (cause) {
    if (cause instanceof ArtenicError) throw cause;
    if (cause instanceof Error && 'type' in cause && cause.type === 'entity.too.large') throw tooLarge(maxBytes);
    throw new ArtenicError('malformed-request', 'The connection ended before the body did.', { cause });
  } finally {
    clearTimeout(timer);
  }
}

export function mediaTypeOf(request: Request): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Bytes as text; bytes that are not UTF-8 are refused, not repaired. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ArtenicError('malformed-request', 'The body is not UTF-8.', { cause });
  }
}

/**
 * PostgreSQL cannot store NUL and lone surrogates, and very deep nesting is an attack: these are refused before
 * anything is done.
 */
export function checkValue(value: unknown, depth = 0): void {
  if (depth > deepest) throw new ArtenicError('validation-failed', `The body is nested deeper than ${deepest} levels.`);
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new ArtenicError('validation-failed', 'Text may not hold the NUL character.');
    if (!value.isWellFormed()) throw new ArtenicError('validation-failed', 'Text may not hold lone surrogates.');
  } else if (Array.isArray(value)) {
    for (const inner of value) if (typeof inner !== 'number') checkValue(inner, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      checkValue(key, depth);
      checkValue(inner, depth + 1);
    }
  }
}

/**
 * JSON, with the place of the first fault in the error.
 * @param isExact gives whole numbers past 2^53 as text, with all their digits; takes several times as long
 */
export function parseJson(text: string, isExact = false): unknown {
  try {
    return isExact ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new ArtenicError('validation-failed', `The body is nested deeper than ${deepest} levels.`, { cause });
    const { line, column, message } = jsonFault(text);
    throw new ArtenicError('malformed-request', `The body is not JSON: line ${line}, column ${column}: ${message}.`, {
      cause,
      errors: [{ pointer: '', line, column, message }],
    });
  }
}
