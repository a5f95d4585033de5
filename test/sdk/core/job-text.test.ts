import { describe, expect, test } from '@jest/globals';
import { jobSpecSchema, JobTextError, parseJobText } from '@artenic/core';
import { workOf } from '../../support/work.ts';

function faultsOf(text: string): JobTextError {
  try {
    parseJobText(text, jobSpecSchema);
  } catch (error) {
    if (error instanceof JobTextError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
const job = (config: string): string => `service: x\ncommand: train\nconfig:\n${config}`;
const many = (count: number, line: (index: number) => string, between = '\n'): string =>
  Array.from({ length: count }, (_, index) => line(index)).join(between);

describe('the work of reading a job grows no faster than its text', () => {
  test.each<[string, (size: number) => string]>([
    ['unknown fields', (size) => many(size, (index) => `k${index}: 0`)],
    ['unknown fields in JSON', (size) => `{${many(size, (index) => `"k${index}": 0`, ',\n')}}`],
    ['unknown fields in a flow map', (size) => `{${many(size, (index) => `k${index}: 0`, ', ')}}`],
    ['known fields', (size) => job(many(size, (index) => `  k${index}: 0`))],
    ['one field again and again', (size) => job(many(size, () => '  k: 0'))],
    ['wrong values', (size) => `service: x\ncommand: train\nenv:\n${many(size, (index) => `  K${index}: 0`)}`],
    ['aliases', (size) => job(`  a: &a 1\n  b: [${many(size, () => '*a', ', ')}]`)],
    ['anchors and aliases', (size) => job(many(size, (index) => `  a${index}: &a${index} 1\n  b${index}: *a${index}`))],
    ['nested lists', (size) => job(`  a: ${'['.repeat(size)}`)],
    ['nested items', (size) => job(`  a:\n   ${'- '.repeat(size)}1`)],
    ['commas', (size) => job(`  a: [${','.repeat(size)}]`)],
    ['tags', (size) => job(`  a: [${'!x 1, '.repeat(size)}]`)],
  ])('of %s', (_, textOf) => {
    const work = (size: number): number =>
      workOf(() => {
        try {
          parseJobText(textOf(size), jobSpecSchema);
        } catch (error) {
          if (!(error instanceof JobTextError)) throw error;
          expect(error.issues.length).toBeLessThanOrEqual(21);
        }
      });
    work(10);
    expect(work(1000) / work(500)).toBeLessThan(2.2);
  });

  test('a text that unfolds by its aliases is refused at the alias', () => {
    const lines = ['  a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let index = 1; index < 9; index++)
      lines.push(`  a${index}: &a${index} [${many(10, () => `*a${index - 1}`, ', ')}]`);
    const { kind, issues } = faultsOf(job(lines.join('\n')));
    expect([kind, issues[0]?.line, issues[0]?.message]).toEqual([
      'unreadable',
      8,
      expect.stringContaining('repeat more than 50000 values'),
    ]);
  });
});

test('the first twenty faults are told, and how many more there are', () => {
  const { issues, message } = faultsOf(`service: x\ncommand: train\n${many(100, (index) => `k${index}: 0`)}`);
  expect(issues).toHaveLength(21);
  expect(issues[19]).toEqual({ pointer: '/k19', line: 22, column: 1, message: 'unknown field "k19"' });
  expect(message).toMatch(/; line 1, column 1: and 80 more errors$/);
});

test('the faults of a very long text are told by pointer', () => {
  const { issues } = faultsOf(
    `service: x\ncommand: train\nextra: 1\nconfig:\n${many(8000, (index) => `  k${index}: v`)}`,
  );
  expect(issues).toEqual([{ pointer: '/extra', message: 'unknown field "extra"' }]);
});

test.each([
  ['an alias without its anchor', '  a: *b', 4, 'no anchor "b"'],
  ['an alias within its own anchor', '  a: &a [*a]', 4, 'a part of what it refers to'],
  ['a list as a field name', '  ? [1, 2]\n  : 3', 4, 'a field name is plain text'],
  ['a field that is there twice', '  a: 1\n  b: 2\n  a: 3', 6, 'the field "a" is there twice'],
  ['a field that is there twice, once as a number', '  1: 1\n  "1": 2', 5, 'the field "1" is there twice'],
])('%s is refused with its line', (_, config, line, message) => {
  const { kind, issues } = faultsOf(job(config));
  expect([kind, issues[0]?.line, issues[0]?.message]).toEqual(['unreadable', line, expect.stringContaining(message)]);
});

test('merge keys take the fields of what they name, and own fields go before', () => {
  const text = job(
    '  a: &a { x: 1, y: 1 }\n  b: &b { y: 2, z: 2 }\n  c:\n    <<: [*b, *a]\n    z: 3\n  d: { "<<": 4 }',
  );
  expect(parseJobText(text, jobSpecSchema).config).toMatchObject({ c: { x: 1, y: 2, z: 3 }, d: { '<<': 4 } });
});

test('merges that double and double again are refused', () => {
  const lines = many(40, (index) => `  a${index + 1}: &a${index + 1} { <<: [*a${index}, *a${index}], k${index}: 1 }`);
  expect(faultsOf(job(`  a0: &a0 { k: 1 }\n${lines}`)).message).toContain('repeat more than');
});

test.each([
  ['9007199254740993', 'more digits than a number keeps'],
  ['-18446744073709551616', 'more digits than a number keeps'],
  ['0xFFFFFFFFFFFFFFFF', 'more digits than a number keeps'],
  ['1e400', 'too large'],
  ['1e-400', 'too small'],
  ['{ deep: [1, 9007199254740993] }', 'more digits than a number keeps'],
  ['{ 9007199254740993: name }', 'more digits than a number keeps'],
  ['{ <<: 5 }', 'takes the fields of a mapping'],
])('%s is refused with its line', (value, message) => {
  const { issues } = faultsOf(job(`  a: 1\n  b: ${value}`));
  expect([issues[0]?.line, issues[0]?.message]).toEqual([5, expect.stringContaining(message)]);
});

test.each([
  '9007199254740991',
  '0.1000000000000000055511151231257827',
  '1e308',
  '5e-324',
  '0e500',
  '"9007199254740993"',
])('%s is taken', (value) => {
  expect(parseJobText(job(`  a: ${value}`), jobSpecSchema).config).toEqual({ a: JSON.parse(value) as unknown });
});

test('a wrong field is told with what is expected there', () => {
  const data = `[{ name: x, sha256: ${'a'.repeat(64)} }, { name: ./x, sha256: ${'a'.repeat(64)} }, { name: x/y, sha256: ${'a'.repeat(64)} }]`;
  const { issues } = faultsOf(`service: x\ncommand: [train, 10]\nenv: { http_proxy: a, 9: b }\ndata: ${data}\n`);
  expect(issues.map(({ pointer, line, message }) => [pointer, line, message])).toEqual([
    ['/command/1', 2, 'expected text, received number: write it in quotes'],
    ['/env/9', 3, expect.stringContaining('letters, digits')],
    ['/data/1/name', 4, expect.stringContaining('the entry 1 of data also has this name')],
    ['/data/2/name', 4, expect.stringContaining('is a file where this name needs a folder')],
  ]);
  expect(faultsOf('service: x\n').issues[0]?.message).toContain('expected string or array');
});

test('a fault behind an alias has the place of the anchor', () => {
  const text = 'service: x\ncommand: train\nlabels: &l\n  a: 1\nenv: *l\n';
  expect(faultsOf(text).issues.map(({ pointer, line, column }) => [pointer, line, column])).toEqual([
    ['/labels/a', 4, 6],
    ['/env/a', 4, 6],
  ]);
});

test('a path is kept in its one spelling, so that a file never has two names', () => {
  const spec = (path: string) =>
    jobSpecSchema.parse({
      ...{ service: 'any', command: 'true', outputs: { model: { path } } },
      data: [{ name: path, sha256: '0'.repeat(64) }],
    });
  for (const [written, kept] of [
    ['./model.onnx', 'model.onnx'],
    ['models//m.onnx', 'models/m.onnx'],
    ['models/./m.onnx', 'models/m.onnx'],
    ['././a/b/', 'a/b'],
    ['.hidden/..name', '.hidden/..name'],
  ] as const)
    expect([spec(written).outputs.model?.path, spec(written).data[0]?.name]).toEqual([kept, kept]);
  for (const refused of ['', '.', './', '/model.onnx', '//x', '../x', 'a/../x', 'a\0b'])
    expect([
      refused,
      jobSpecSchema.safeParse({ service: 'any', command: 'true', outputs: { model: { path: refused } } }).success,
    ]).toEqual([refused, false]);
});
