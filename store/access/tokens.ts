import { createHmac } from 'node:crypto';

/** The one token with which the runner of an attempt introduces itself. Made again when needed, and so stored nowhere. */
export function bootstrapTokenOf(pepper: Uint8Array, attemptId: string): string {
  return createHmac('sha256', pepper).update(`bootstrap:${attemptId}`).digest('base64url');
}

/**
 * What is stored of a token that somebody else made. No hash may be a bootstrap token, and a runner chooses its token:
 * so whatever is not made of the letters of our own tokens is hashed under a name of its own.
 */
export function tokenHashOf(pepper: Uint8Array, token: string): string {
  const named = /^[\w-]*$/.test(token) ? token : `token:${token}`;
  return createHmac('sha256', pepper).update(named).digest('hex');
}
