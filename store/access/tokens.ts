import { createHmac } from 'node:crypto';

/** Token of an attempt's runner for its hello. It is derived again when needed, so it is stored nowhere. */
export function bootstrapTokenOf(pepper: Uint8Array, attemptId: string): string {
  return createHmac('sha256', pepper).update(`bootstrap:${attemptId}`).digest('base64url');
}

/**
 * Stored hash of a token that the platform did not make. A runner chooses its own token, and no hash may equal a
 * bootstrap token: so a token with characters outside of the platform's own alphabet is hashed under a separate prefix.
 */
export function tokenHashOf(pepper: Uint8Array, token: string): string {
  const named = /^[\w-]*$/.test(token) ? token : `token:${token}`;
  return createHmac('sha256', pepper).update(named).digest('hex');
}
