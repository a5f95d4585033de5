import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonFault } from '../../api/http/json-fault.ts';

function parserSays(text: string): { readonly position: number | null } | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const position = /at position (\d+)/.exec((error as Error).message)?.[1];
    return { position: position === undefined ? null : Number(position) };
  }
}

test.each([
  ['', 1, 1, 'expected a value, found the end'],
  ['{"a": 1,}', 1, 9, 'expected a field name in double quotes, found "}"'],
  ['{"a": 1\n "b": 2}', 2, 2, 'expected "," or a closing bracket, found "\\""'],
  ['[1, 2', 1, 6, 'expected "," or a closing bracket, found the end'],
  ['[1, 2}', 1, 6, 'expected "," or a closing bracket, found "}"'],
  ['{a: 1}', 1, 2, 'expected a field name in double quotes or "}", found "a"'],
  ['{"a": 01}', 1, 8, 'expected "," or a closing bracket, found "1"'],
  ['{"a": NaN}', 1, 7, 'expected a value, found "N"'],
  ['{"a": "x\ny"}', 1, 9, 'expected the rest of a string, found "\\n"'],
  ['"\\x"', 1, 2, 'expected the rest of a string, found "\\\\"'],
  ['{} {}', 1, 4, 'expected nothing more, found "{"'],
  ['\n\n  \u{1f600}', 3, 3, 'expected a value, found "\u{1f600}"'],
])('%j: line %i, column %i', (text, line, column, message) => {
  expect(jsonFault(text)).toEqual({ line, column, message });
});

test('the place is the one where the parser itself stops, wherever it says so', () => {
  let compared = 0;
  const change = fc.record({
    at: fc.nat(),
    drop: fc.nat(2),
    put: fc.constantFrom('', ',', '"', '}', '[', 'x', '\\', '\t', '-'),
  });
  fc.assert(
    fc.property(fc.json(), change, (json, { at, drop, put }) => {
      const place = at % (json.length + 1);
      const text = (json.slice(0, place) + put + json.slice(place + drop)).replaceAll('\n', ' ');
      const fault = parserSays(text);
      if (fault === null) return;
      const { line, column } = jsonFault(text);
      expect(line).toBe(1);
      expect(column).toBeLessThanOrEqual(text.length + 1);
      if (fault.position === null) return;
      compared++;
      // `jsonFault` reports where a broken number, word or escape begins, the parser where it breaks.
      const between = [column - 1, fault.position].toSorted((one, other) => one - other);
      expect(text.slice(...between)).toMatch(/^[-+.\w\\]{0,30}$/);
    }),
    { numRuns: 3000 },
  );
  expect(compared).toBeGreaterThan(100);
});

test('a megabyte is read in one go', () => {
  const text = `["${'x'.repeat(1_000_000)}", ${'['.repeat(100_000)}`;
  expect(jsonFault(text).column).toBe(text.length + 1);
});
