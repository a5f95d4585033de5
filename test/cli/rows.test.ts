import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { valueOfArgument, type InputSignature } from '../../cli/output/cells.ts';
import { readRows, type Row } from '../../cli/output/rows.ts';

/** Text as it may arrive through a pipe: in pieces, split anywhere, even within a character. */
async function read(
  text: string | Buffer,
  pieceBytes = 5,
  inputs: readonly InputSignature[] = [],
): Promise<readonly Row[]> {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const rows: Row[] = [];
  for await (const row of readRows(Readable.from(pieces), () => Promise.resolve(inputs))) rows.push(row);
  return rows;
}

describe('rows from standard input', () => {
  test.each([
    ['JSON lines', '{"x":1,"y":"ä"}\n\n{"x":2,"y":"b"}\n'],
    ['JSON lines without a last line end', ' {"x":1,"y":"ä"}\r\n{"x":2,"y":"b"}'],
    ['a JSON list', '\n[{"x":1,"y":"ä"},\n {"x":2,"y":"b"}]'],
    ['CSV', 'x,y\n1,ä\n2,"b"\n'],
    ['JSON lines with a byte order mark', '\ufeff{"x":1,"y":"ä"}\n{"x":2,"y":"b"}'],
    ['a JSON list with a byte order mark', '\ufeff[{"x":1,"y":"ä"},{"x":2,"y":"b"}]'],
    ['CSV with a byte order mark and lines of Windows', '\ufeffx,y\r\n1,ä\r\n2,b\r\n'],
  ])('%s', async (_name, text) => {
    expect(await read(text)).toEqual([
      { x: 1, y: 'ä' },
      { x: 2, y: 'b' },
    ]);
  });

  test('any JSON rows come through, however the pipe cuts them', async () => {
    // The parser drops `__proto__`.
    const name = fc.string().filter((text) => text !== '__proto__');
    const rows = fc.array(fc.dictionary(name, fc.oneof(fc.integer(), fc.string(), fc.boolean())), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 40 }), async (given, pieceBytes) => {
        const text = given.map((row) => JSON.stringify(row)).join('\n');
        expect(await read(text, pieceBytes)).toEqual(JSON.parse(`[${text.replaceAll('\n', ',')}]`));
      }),
      { numRuns: 40 },
    );
  });

  test('nothing is no rows', async () => expect(await read('')).toEqual([]));

  test.each([
    ['{"x":1}\nnonsense\n', 'line 2 is not JSON'],
    ['{"x":1}\n[1]\n', 'line 2 is not a JSON object'],
    ['[{"x":1}, 5]', 'element 1 is not a JSON object'],
    ['[{"x":1},', 'standard input is not JSON'],
    ['x,y\n1\n', 'not valid CSV: line 2 has 1 cells'],
    ['x,y\n1,2\n3,4,5\n', 'line 3 has 3 cells'],
    ['x;y\n1;2\n', 'semicolons'],
    ['x\ty\n1\t2\n', 'tabs'],
    ['x,x\n1,2\n', 'names x twice'],
    ['{\n "x": 1\n}\n', 'line 1 is not JSON: write each object on a line'],
    ['{"x": NaN}\n', 'line 1 is not JSON: a missing number is null'],
  ])('%j is refused with its place', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

describe('the signature says what a cell is', () => {
  const input = (name: string, type: string, shape: InputSignature['shape'] = ['rows', 1]) => ({ name, type, shape });
  const inputs = [
    input('ticket', 'string'),
    input('words', 'string', ['rows', 2]),
    input('age', 'float32'),
    input('beak', 'float64', ['rows', 2]),
    input('id', 'int64'),
    input('flag', 'bool'),
  ];
  const of = async (name: string, cell: string): Promise<unknown> => {
    const quoted = `"${cell.replaceAll('"', '""')}"`;
    const [row] = await read(`${name},rest\n${quoted},1\n`, 7, inputs);
    return row?.[name];
  };

  test.each(['113803', '1e5', 'true', 'null', '', '007', '[1]', 'NaN', '"quoted"', '9007199254740993', ' x '])(
    'text stays as it is: %j',
    async (cell) => expect(await of('ticket', cell)).toBe(cell),
  );

  test.each<[string, string, unknown]>([
    ['age', '', null],
    ['age', 'nan', null],
    ['age', 'N/A', null],
    ['age', ' null ', null],
    ['age', '-inf', '-Infinity'],
    ['age', 'Infinity', 'Infinity'],
    ['age', '+1.5', 1.5],
    ['age', '.5', 0.5],
    ['age', '1e-3', 0.001],
    ['age', '1,5', '1,5'],
    ['age', 'twelve', 'twelve'],
    ['beak', '[1, null]', [1, null]],
    ['words', '["1", "a"]', ['1', 'a']],
    ['id', '12', 12],
    ['id', '-9223372036854775808', '-9223372036854775808'],
    ['id', '9007199254740993', '9007199254740993'],
    ['id', '', ''],
    ['flag', 'TRUE', true],
    ['flag', 'false', false],
    ['flag', 'yes', 'yes'],
    ['unknown', '[1]', [1]],
    ['unknown', 'a', 'a'],
  ])('%s: %j', async (name, cell, expected) => expect(await of(name, cell)).toEqual(expected));

  test('an argument may stand in quotes', () => {
    const [ticket] = inputs;
    expect(['"113803"', '113803', '"'].map((text) => valueOfArgument(text, ticket))).toEqual(['113803', '113803', '"']);
  });
});

test('whole numbers in JSON keep their digits', async () => {
  const row = '{"id":9007199254740993,"small":12,"list":[-9223372036854775808,1.5]}';
  const expected = { id: '9007199254740993', small: 12, list: ['-9223372036854775808', 1.5] };
  expect(await read(`${row}\n`)).toEqual([expected]);
  expect(await read(`[${row}]`)).toEqual([expected]);
});

test('what is not UTF-8 is refused, not repaired', async () => {
  await expect(read(Buffer.from('ticket\nM\u00fcller\n', 'latin1'))).rejects.toThrow('not UTF-8');
});
