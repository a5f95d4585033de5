import { describe, expect, test } from '@jest/globals';
import { maskCredentials } from '../../core/secrets.ts';

describe('maskCredentials', () => {
  test.each([
    ['postgresql://user:secret@host/db is down', 'postgresql://***@host/db is down'],
    ['https://token@host and http://a:b@c', 'https://***@host and http://***@c'],
    ['Authorization: Bearer abcdefgh.ijkl-mnop_=', 'Authorization: Bearer ***'],
    ['authorization: basic dXNlcjpwYXNz', 'authorization: basic ***'],
  ])('%s', (text, masked) => {
    expect(maskCredentials(text)).toBe(masked);
  });

  test.each(['https://host/path?to=user@example.org', 'mail me@example.org', 'the bearer of news', 'a // b @ c', ''])(
    'leaves %j alone',
    (text) => {
      expect(maskCredentials(text)).toBe(text);
    },
  );

  test('takes no longer for text that was made to be slow', () => {
    const startMs = performance.now();
    maskCredentials('//'.repeat(50_000));
    maskCredentials('bearer '.repeat(20_000));
    maskCredentials(`//${'a'.repeat(100_000)}`);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
