import { createHmac } from 'node:crypto';

/** The one token with which the runner of an attempt introduces itself. Made again when needed, and so stored nowhere. */
export function bootstrapTokenOf(pepper: Uint8Array, attemptId: string): string {
  return createHmac('sha256', pepper).update(`bootstrap:${attemptId}`).digest('base64url');
}

/** What is stored of a token that somebody else made. */
export function tokenHashOf(pepper: Uint8Array, token: string): string {
  return createHmac('sha256', pepper).update(token).digest('hex');
}
