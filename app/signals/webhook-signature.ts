import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ArtenicError } from '../../core/errors.ts';

/**
 * Standard Webhooks, symmetric signatures (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 */
const toleranceMs = 300_000;

function refused(why: string): ArtenicError {
  return new ArtenicError('unauthorized', `The webhook is refused: ${why}.`);
}

/** Key of a secret in the specification's form: `whsec_` and 24 to 64 bytes as base64; null for any other text. */
export function webhookKeyOf(secret: string): Uint8Array | null {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret);
  const key = Buffer.from(match?.[1] ?? '', 'base64');
  return key.length >= 24 && key.length <= 64 ? new Uint8Array(key) : null;
}

/**
 * Throws `unauthorized` unless one of the keys has signed the body, this id and a time within five minutes of `now`.
 * @returns the message's id, the same for every delivery of the message
 */
export function checkWebhook(
  keys: readonly Uint8Array[],
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  now: Date,
): string {
  const id = one(headers, 'webhook-id');
  if (!/^[\x21-\x2d\x2f-\x7e]{1,255}$/.test(id)) throw refused('`webhook-id` has 1 to 255 visible characters, no dot');
  const timestamp = one(headers, 'webhook-timestamp');
  if (!/^\d{1,12}$/.test(timestamp)) throw refused('`webhook-timestamp` is not a number of seconds since 1970');
  if (keys.length === 0) throw refused('ARTENIC_WEBHOOK_SECRETS holds no secret');
  const signatures = one(headers, 'webhook-signature')
    .split(' ')
    .slice(0, 16)
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'));
  const isSigned = keys
    .map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest())
    .some((ours) => signatures.some((theirs) => theirs.length === ours.length && timingSafeEqual(ours, theirs)));
  if (!isSigned) throw refused('no signature matches');
  if (Math.abs(now.getTime() - Number(timestamp) * 1000) > toleranceMs)
    throw refused('its time is more than five minutes from ours');
  return id;
}

function one(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  if (typeof value !== 'string') throw refused(`the header \`${name}\` is needed`);
  return value;
}
