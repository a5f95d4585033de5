import { randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const prefix = 'aa_live';
const idLength = 8;
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export type ParsedKey = { readonly id: string; readonly secret: string };

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/**
 * Creates an API key: `aa_live_<id>_<256 bits as base64url>_<CRC-32>`. The checksum lets secret scanners recognize real
 * keys.
 */
export function makeKey(): string {
  const id = Array.from(randomBytes(idLength), (byte) => alphabet[byte % alphabet.length]).join('');
  const body = `${prefix}_${id}_${randomBytes(32).toString('base64url')}`;
  return `${body}_${checksum(body)}`;
}

/** Null for a text that is not a key of this platform; needs no database query. */
export function parseKey(text: string): ParsedKey | null {
  const match = /^(aa_live_([a-z0-9]{8})_([A-Za-z0-9_-]{43}))_([0-9a-f]{8})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[4] !== checksum(match[1])) return null;
  return { id: match[2], secret: text };
}

/** Compares two hashes in constant time. */
export function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
