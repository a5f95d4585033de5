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

  const leastMs = (text: string): number =>
    Math.min(
      ...Array.from({ length: 7 }, () => {
        const startMs = performance.now();
        maskCredentials(text);
        return performance.now() - startMs;
      }),
    );
  test.each<readonly [string, (count: number) => string]>([
    ['slashes', (count) => '//'.repeat(count)],
    ['names of schemes', (count) => 'bearer '.repeat(count)],
    ['spaces behind a scheme', (count) => `bearer ${' '.repeat(count)}`],
    ['one long host', (count) => `//${'a'.repeat(count)}`],
  ])('takes ten times as long for text of ten times the length, not a hundred times: %s', (_, make) => {
    expect(leastMs(make(20_000)) / leastMs(make(2000))).toBeLessThan(40);
  });
});
