import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { editOfKey } from '../../../web/src/components/json/edit-keys.ts';
import { formatJson, placeProblems, problemsOfZod, readJson } from '../../../web/src/components/json/json-text.ts';
import { jsonTokens } from '../../../web/src/components/json/json-tokens.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('reading', () => {
  test('accepts what JSON.parse accepts, and nothing else', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\n"',
      '"\\x"',
      '"',
      '1',
      '-0',
      '01',
      '1.',
      '1e5',
      'true',
      'nul',
      ' ',
      '\n',
      '\u007f',
      '\u0001',
      '"\u0001"',
      '"\u007f\u2028é"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((all) => all.join('')),
          fc.json(),
          fc.string(),
        ),
        (text) => {
          expect(readJson(text).isValid).toBe(isJson(text));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['{"a": 1,}', 1, 9, 'no comma before }'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'a comma or } must follow, not "'],
    ['[1, 2', 1, 6, 'a comma or ] must follow, but the text ends'],
    ["{'a': 1}", 1, 2, "a name in double quotes must stand here, not '"],
    ['', 1, 1, 'a value must stand here, but the text ends'],
    ['{"a": "x\ny"}', 1, 7, 'this text has no end, or a character in it must be escaped'],
    ['[NaN]', 1, 2, 'a value must stand here, not N'],
  ])('%j fails at line %d, column %d', (text, line, column, message) => {
    expect(readJson(text)).toEqual({ isValid: false, problem: { pointer: '', message, line, column } });
  });

  test('refuses nesting that would overflow', () => {
    expect(readJson('['.repeat(100_000)).isValid).toBe(false);
  });
});

test('formatting changes spaces only', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const reading = readJson(text);
      if (!reading.isValid) throw new Error(text);
      const formatted = formatJson(reading.tree);
      expect(JSON.parse(formatted)).toEqual(JSON.parse(text));
      const again = readJson(formatted);
      expect(again.isValid && formatJson(again.tree)).toBe(formatted);
    }),
  );
  const long = readJson('{"a":[1,2.50,12345678901234567890],"b":{},"c":[[1],[2]]}');
  expect(long.isValid && formatJson(long.tree)).toBe(
    '{\n  "a": [1, 2.50, 12345678901234567890],\n  "b": {},\n  "c": [\n    [1],\n    [2]\n  ]\n}',
  );
});

test('a schema error stands at its line', () => {
  const source = '{\n  "inputs": {\n    "x": ["a", {}]\n  }\n}';
  const parsed = z
    .strictObject({ inputs: z.object({ x: z.array(z.string()), y: z.number() }) })
    .safeParse(JSON.parse(source));
  const problems = placeProblems(source, problemsOfZod(parsed.error?.issues ?? []));
  expect(problems.map(({ pointer, line, column }) => [pointer, line, column])).toEqual([
    ['/inputs/x/1', 3, 16],
    ['/inputs/y', 2, 13],
  ]);
});

test('tokens are the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      expect(
        jsonTokens(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text);
    }),
  );
  const kinds = jsonTokens('{"a": "b", "c": -1.5e3, "d": null, x').filter(
    ({ kind }) => kind !== 'space' && kind !== 'mark',
  );
  expect(kinds.map(({ kind }) => kind)).toEqual(['key', 'text', 'key', 'number', 'key', 'word', 'bad']);
});

describe('keys', () => {
  /** `|` marks the ends of the selection. */
  const press = (marked: string, name: string, isShifted = false): string | null => {
    const from = marked.indexOf('|');
    const to = marked.lastIndexOf('|') - (marked.lastIndexOf('|') > from ? 1 : 0);
    const text = marked.replaceAll('|', '');
    const edit = editOfKey(text, { from, to }, { name, isShifted });
    if (edit === null) return null;
    const after = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
    return edit.selectFrom === edit.selectTo
      ? `${after.slice(0, edit.selectFrom)}|${after.slice(edit.selectFrom)}`
      : `${after.slice(0, edit.selectFrom)}|${after.slice(edit.selectFrom, edit.selectTo)}|${after.slice(edit.selectTo)}`;
  };

  test('Tab indents, Shift+Tab takes it back', () => {
    expect(press('a|b', 'Tab')).toBe('a  |b');
    expect(press('|a\nb|\nc', 'Tab')).toBe('  |a\n  b|\nc');
    expect(press('|  a\n  b|', 'Tab', true)).toBe('|a\nb|');
    expect(press('x\n  a|', 'Tab', true)).toBe('x\na|');
  });

  test('Enter keeps the level and opens a block', () => {
    expect(press('{|}', 'Enter')).toBe('{\n  |\n}');
    expect(press('{\n  "a": 1,|\n}', 'Enter')).toBe('{\n  "a": 1,\n  |\n}');
    expect(press('a|', 'Enter', true)).toBeNull();
    expect(press('a|', 'x')).toBeNull();
  });
});
