import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { createLook, hasColour } from '../../cli/output/look.ts';
import { maskKey } from '../../cli/output/mask.ts';
import { details, table, type Column } from '../../cli/output/table.ts';
import { wrap } from '../../cli/output/wrap.ts';
import type { Terminal } from '../../cli/terminal.ts';

function terminal(columns: number | null, env: Readonly<Record<string, string>> = {}): Terminal {
  const nothing = () => undefined;
  return { out: nothing, err: nothing, columns, errorColumns: columns, env, nowMs: () => 0 };
}
const lookAt = (columns: number | null) => createLook(terminal(columns), { color: false });

describe('tables', () => {
  const columns: readonly Column<readonly string[]>[] = ['A', 'B', 'C'].map((name, index) => ({
    name,
    cell: (row) => row[index] ?? '',
  }));

  test('columns stand under each other, wide characters counted as two, numbers by their last digit', () => {
    const [name, number] = [columns[0], { ...columns[1], name: 'N', isNumber: true } as Column<readonly string[]>];
    expect(
      table(
        lookAt(null),
        [name as Column<readonly string[]>, number],
        [
          ['a', '1'],
          ['日本', '22'],
        ],
      ),
    ).toBe('A      N\na      1\n日本  22');
  });

  test('a narrow terminal wraps the last column, then leaves out columns by rank, then shows blocks', () => {
    const ranked = columns.map((column, index) => ({ ...column, rank: index === 1 ? 1 : 0 }));
    const rows = [['x'.repeat(20), 'y'.repeat(20), 'a message that goes over more than one line']];
    expect(table(lookAt(80), ranked, rows)).toBe(
      `A                     B                     C\n${'x'.repeat(20)}  ${'y'.repeat(20)}  a message that goes over more than\n${' '.repeat(44)}one line`,
    );
    expect(table(lookAt(60), ranked, rows)).toBe(
      `A                     C\n${'x'.repeat(20)}  a message that goes over more than one\n${' '.repeat(22)}line`,
    );
    expect(table(lookAt(36), ranked, rows)).toBe(
      `A ${'x'.repeat(20)}\n  b  ${'y'.repeat(20)}\n  c  a message that goes over more\n     than one line`,
    );
  });

  test('a pipe gets every column of every row in one line, without tabs', () => {
    const rows = [['1', 'tab\there', 'x\ny '.repeat(80)]];
    const [head, row, ...rest] = table(lookAt(null), columns, rows).split('\n');
    expect([head?.startsWith('A  B'), row?.includes('\t'), rest]).toEqual([true, false, []]);
    expect(row).toContain('tab here');
  });

  test('a long text on a terminal keeps its beginning and its end', () => {
    const text = `first ${'word '.repeat(60)}last`;
    const lines = table(lookAt(30), [{ name: 'A', cell: () => text }], [0]).split('\n');
    expect(lines).toHaveLength(6);
    expect([lines[1]?.startsWith('first'), lines[3], lines[5]?.endsWith('last')]).toEqual([true, '…', true]);
  });

  test('no line is ever wider than the terminal, whatever is in it', () => {
    const cells = fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { minLength: 3, maxLength: 3 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(cells, fc.integer({ min: 40, max: 120 }), fc.boolean(), (rows, width, isForced) => {
        const look = createLook(terminal(width, isForced ? { FORCE_COLOR: '1' } : {}));
        // The first column heads a block and is never wrapped.
        const short = rows.map(([first = '', ...rest]) => [first.slice(0, 8), ...rest]);
        const texts = [
          table(look, columns, short),
          details(
            look,
            short.map(([, b = '', c = '']) => [b.slice(0, 8), c]),
          ),
        ];
        for (const line of texts.join('\n').split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('wrapping loses nothing but spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (text, width) => {
        expect(wrap(text, width).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});

describe('ids and colours', () => {
  const id = '01a22bd3-5dc0-7a0b-8abc-0000348d4e2b';

  test('an id is short on a terminal, whole in a pipe and with --wide', () => {
    expect([80, null].map((columns) => lookAt(columns).id(id))).toEqual(['348d4e2b', id]);
    expect(createLook(terminal(80), { wide: true }).id(id)).toBe(id);
  });

  test.each([
    [{ columns: 80, env: {} }, {}, true],
    [{ columns: null, env: {} }, {}, false],
    [{ columns: 80, env: { NO_COLOR: '1' } }, {}, false],
    [{ columns: 80, env: { NO_COLOR: '' } }, {}, true],
    [{ columns: 80, env: { TERM: 'dumb' } }, {}, false],
    [{ columns: null, env: { FORCE_COLOR: '1' } }, {}, true],
    [{ columns: 80, env: { FORCE_COLOR: '0' } }, {}, false],
    [{ columns: 80, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, {}, true],
    [{ columns: 80, env: { FORCE_COLOR: '1' } }, { color: false }, false],
  ] as const)('on %j with %j: %p', ({ columns, env }, options, expected) => {
    expect(hasColour(terminal(columns, env), options)).toBe(expected);
  });
});

test('a masked key tells keys apart and opens nothing', () => {
  expect(maskKey('aa_live_abcdefgh_SECRET_00000000')).toBe('aa_live_abcdefgh_…');
  expect(maskKey('something else that is secret')).toBe('…');
});
