import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMasker } from '../../runner/secrets/masking.ts';

function mask(secrets: readonly string[], pieces: readonly Buffer[]): string {
  const masker = createMasker(secrets);
  return Buffer.concat([...pieces.map((piece) => masker.push(piece)), masker.end()]).toString('utf8');
}

/** Masks the longest secret at each place from the left. Splitting the text must not change this result. */
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

const key = '-----BEGIN TEST KEY-----\nline-one-AAAABBBB\r\n  line-two-/+CCCCDD\n-----END TEST KEY-----\n';
const values = [
  key,
  'it\'s "quoted" \\ back',
  'пароль-☃',
  "café-größe\nzweite-Zeile 'é'",
  'p@ss/w0rd + (more)!',
  '  spaced out  ',
];
const python = (script: string): Buffer =>
  execFileSync(
    'python3',
    ['-c', `import base64, json, os, urllib.parse\nvalues = json.loads(os.environ['VALUES'])\n${script}`],
    {
      env: { ...process.env, VALUES: JSON.stringify(values), PYTHONIOENCODING: 'utf-8' },
    },
  );

test.each([
  ['as they are', 'print(v)'],
  ['line by line, with other ends', '[print("key>", l, end="\\r\\n") for l in v.splitlines()]'],
  ['stripped', 'print("<" + v.strip() + ">")'],
  ['repr', 'print(repr(v), [v], {"k": v})'],
  ['repr of bytes', 'print(repr(v.encode()))'],
  ['JSON', 'print(json.dumps(v), json.dumps({"k": v}, ensure_ascii=False))'],
  ['URL', 'print(urllib.parse.quote(v), urllib.parse.quote(v, safe=""), urllib.parse.quote_plus(v))'],
  ['base64', 'print(base64.b64encode(v.encode()).decode(), base64.urlsafe_b64encode(v.encode()).decode())'],
  [
    'base64 behind a user',
    '[print(base64.b64encode(("u" * n + ":" + v + "@host").encode()).decode()) for n in (1, 2, 3)]',
  ],
])('values are found by form: %s', (_, print) => {
  const text = python(`for v in values: ${print}`);
  const masked = mask(values, [text]);
  expect(masked).toContain('***');
  // The visible rest of a value is too short to be useful.
  const words = values.flatMap((value) => value.split(/[^\p{L}\p{N}-]+/u)).filter((word) => word.length >= 6);
  for (const word of words) {
    const forms = [
      word,
      Buffer.from(word).toString('base64').slice(0, -4),
      encodeURIComponent(word),
      JSON.stringify(word),
    ];
    for (const form of forms.filter(({ length }) => length >= 6)) expect(masked).not.toContain(form);
  }
  for (let offset = 0; offset < 3; offset++) {
    const inner = Buffer.from(`${' '.repeat(offset)}line-one-AAAABBBB`)
      .toString('base64')
      .slice(4, -4);
    expect(masked).not.toContain(inner);
  }
});

test('many long secrets cost no more than a look at each byte', () => {
  const many = Array.from({ length: 64 }, (_, n) =>
    Array.from({ length: 30 }, (__, line) => `line ${n} ${line} ${'x'.repeat(60)}`).join('\n'),
  );
  const text = Buffer.from(`step 1 loss 0.5 line 3 3 ${'x'.repeat(59)}\n`.repeat(3000));
  const plain = Buffer.from('y'.repeat(text.length));
  const timeOf = (secrets: readonly string[], bytes: Buffer): number => {
    const startMs = performance.now();
    mask(secrets, [bytes]);
    return performance.now() - startMs;
  };
  timeOf(many, plain);
  expect(mask(many, [text])).not.toContain('***');
  // Each hit is followed for some sixty bytes; a separate search per form would cost hundreds of times as much.
  expect(timeOf(many, text)).toBeLessThan(100 * (timeOf(many, plain) + 5));
});
