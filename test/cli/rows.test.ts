import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRows, type Row } from '../../cli/rows.ts';

/** Text as it may come through a pipe: in pieces, cut anywhere, also within a character. */
async function read(text: string, pieceBytes = 5): Promise<readonly Row[]> {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const rows: Row[] = [];
  for await (const row of readRows(Readable.from(pieces))) rows.push(row);
  return rows;
}

describe('rows from standard input', () => {
  test.each([
    ['JSON lines', '{"x":1,"y":"ä"}\n\n{"x":2,"y":"b"}\n'],
    ['JSON lines without a last line end', ' {"x":1,"y":"ä"}\r\n{"x":2,"y":"b"}'],
    ['a JSON list', '\n[{"x":1,"y":"ä"},\n {"x":2,"y":"b"}]'],
    ['CSV', 'x,y\n1,ä\n2,"b"\n'],
    ['CSV with a byte order mark', '\ufeffx,y\n1,ä\n2,b'],
  ])('%s', async (_name, text) => {
    expect(await read(text)).toEqual([
      { x: 1, y: 'ä' },
      { x: 2, y: 'b' },
    ]);
  });

  test('any JSON rows come through, however the pipe cuts them', async () => {
    // `__proto__` is dropped at the edge.
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
    ['{"x":1}\n[1]\n', 'line 2 is no JSON object'],
    ['[{"x":1}, 5]', 'element 1 is no JSON object'],
    ['[{"x":1},', 'standard input is not JSON'],
    ['x,y\n1\n', 'no good CSV'],
  ])('%j is refused with its place', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
