import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { maskKey } from '../../cli/output/mask.ts';
import { table } from '../../cli/output/output.ts';

describe('tables', () => {
  test('columns stand under each other, wide characters counted as two', () => {
    expect(
      table(
        ['NAME', 'N'],
        [
          ['a', '1'],
          ['日本', '22'],
        ],
      ),
    ).toBe('NAME  N\na     1\n日本  22');
  });

  test('a narrow terminal takes from the widest column, and from the first one last', () => {
    const id = 'x'.repeat(36);
    const lines = table(['ID', 'MESSAGE'], [[id, 'a very long message that does not fit']], 60).split('\n');
    expect(lines[1]).toBe(`${id}  a very long message t…`);
  });

  test('no row is ever wider than the terminal, whatever is in it', () => {
    const cells = fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { minLength: 3, maxLength: 3 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(cells, fc.integer({ min: 40, max: 120 }), (rows, width) => {
        for (const line of table(['A', 'B', 'C'], rows, width).split('\n'))
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

test('a masked key tells keys apart and opens nothing', () => {
  expect(maskKey('aa_live_abcdefgh_SECRET_00000000')).toBe('aa_live_abcdefgh_…');
  expect(maskKey('something else that is secret')).toBe('…');
});
