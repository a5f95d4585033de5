import { createHmac, timingSafeEqual } from 'node:crypto';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectSigning, OwnUrls, SignedContent } from '../../core/object-storage.ts';
import { segmentsOf } from './keys.ts';

export type OwnUrlsOptions = {
  /** URL of the API that recipients of signed requests can reach. */
  readonly baseUrl: string;
  /** Signing key, shared by all processes of an installation. Anyone with this key can sign requests. */
  readonly secret: Uint8Array;
  readonly now: () => Date;
};

type Claims = {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  /** Unix seconds. */
  readonly expires: number;
  readonly content: SignedContent | null;
};

/** Signed requests that the API itself serves, for storage that other machines cannot reach. */
export function createOwnUrls(options: OwnUrlsOptions): ObjectSigning & OwnUrls {
  const { secret, now } = options;
  const signatureOf = ({ method, key, expires, content }: Claims): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify([method, key, expires, content === null ? null : [content.bytes, content.sha256]]))
      .digest();

  function sign(method: 'GET' | 'PUT', key: string, expiresInSeconds: number, content: SignedContent | null) {
    const path = segmentsOf(key).map(encodeURIComponent).join('/');
    const expires = Math.floor(now().getTime() / 1000) + expiresInSeconds;
    const query = new URLSearchParams({
      expires: String(expires),
      ...(content === null ? {} : { bytes: String(content.bytes), sha256: content.sha256 }),
      signature: signatureOf({ method, key, expires, content }).toString('base64url'),
    });
    return Promise.resolve({
      method,
      url: `${options.baseUrl.replace(/\/$/, '')}/api/v1/signed-objects/${path}?${query.toString()}`,
      headers: content === null ? {} : { 'content-length': String(content.bytes) },
      expiresAt: new Date(expires * 1000).toISOString(),
    });
  }

  return {
    signGet: async (key, { expiresInSeconds }) => sign('GET', key, expiresInSeconds, null),
    signPut: async (key, { expiresInSeconds, content = null }) => sign('PUT', key, expiresInSeconds, content),
    parts: null,
    verify: (method, key, { expires, bytes, sha256, signature }) => {
      const content = bytes === undefined || sha256 === undefined ? null : { bytes, sha256 };
      const right = signatureOf({ method, key, expires, content });
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== right.length || !timingSafeEqual(given, right))
        throw new ArtenicError('forbidden', 'The signature does not belong to this request.');
      if (expires * 1000 <= now().getTime()) throw new ArtenicError('forbidden', 'This signed request has expired.');
      return content;
    },
  };
}
