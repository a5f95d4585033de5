import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { bootstrapTokenOf, tokenHashOf } from '../../store/access/tokens.ts';

const pepper = new Uint8Array(32).fill(1);
const otherPepper = new Uint8Array(32).fill(2);

describe('tokens', () => {
  test('a bootstrap token is an HMAC of the attempt, the same each time', () => {
    const expected = createHmac('sha256', pepper).update('bootstrap:job/attempt-1').digest('base64url');
    expect(bootstrapTokenOf(pepper, 'job/attempt-1')).toBe(expected);
    expect(expected).toMatch(/^[\w-]{43}$/);
  });

  test('another attempt or another secret makes another token', () => {
    const tokens = [
      bootstrapTokenOf(pepper, 'job/attempt-1'),
      bootstrapTokenOf(pepper, 'job/attempt-2'),
      bootstrapTokenOf(otherPepper, 'job/attempt-1'),
    ];
    expect(new Set(tokens).size).toBe(3);
  });

  test('the hash of a token is an HMAC too, as hexadecimal, and not the token of any attempt', () => {
    const expected = createHmac('sha256', pepper).update('token').digest('hex');
    expect(tokenHashOf(pepper, 'token')).toBe(expected);
    expect(tokenHashOf(otherPepper, 'token')).not.toBe(expected);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
  });

  test('no token that a runner may choose has the hash that is a bootstrap token', () => {
    const chosen = Buffer.from(tokenHashOf(pepper, 'bootstrap:job/attempt-1'), 'hex').toString('base64url');
    expect(chosen).not.toBe(bootstrapTokenOf(pepper, 'job/attempt-1'));
  });
});
