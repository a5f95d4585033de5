import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMasker } from '../../runner/masking.ts';

function mask(secrets: readonly string[], pieces: readonly Buffer[]): string {
  const masker = createMasker(secrets);
  return Buffer.concat([...pieces.map((piece) => masker.push(piece)), masker.end()]).toString('utf8');
}

/** The longest secret at each place from the left, which is what cutting must not change. */
function expected(secrets: readonly string[], text: string): string {
  const longestFirst = secrets.filter((secret) => secret.length >= 4).toSorted((a, b) => b.length - a.length);
  let out = '';
  for (let at = 0; at < text.length;) {
    const found = longestFirst.find((secret) => text.startsWith(secret, at));
    out += found === undefined ? text.charAt(at) : '***';
    at += found?.length ?? 1;
  }
  return out;
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 9 });

test('masking does not depend on how the text is cut', () => {
  fc.assert(
    fc.property(
      fc.array(letters, { minLength: 1, maxLength: 4 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 80 }),
      fc.array(fc.nat(80), { maxLength: 12 }),
      (secrets, text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(mask(secrets, pieces)).toBe(expected(secrets, text));
      },
    ),
    { numRuns: 2000 },
  );
});

test('a match that overlaps the beginning of a longer one is masked', () => {
  expect(mask(['xxab', 'abcdefg', 'cdef'], [Buffer.from('xxabcdef'), Buffer.from('!')])).toBe('******!');
});

test('values with special characters and beyond ASCII are found byte by byte', () => {
  const secret = 'pä$$.*(wörd';
  const pieces = [...Buffer.from(`before ${secret} after ß`)].map((byte) => Buffer.from([byte]));
  expect(mask([secret], pieces)).toBe('before *** after ß');
});

test('bytes that are no text pass through unchanged', () => {
  const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
  const masker = createMasker(['secret']);
  expect(Buffer.concat([masker.push(bytes), masker.end()])).toEqual(bytes);
});
