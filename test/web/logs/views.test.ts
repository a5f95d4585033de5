import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textColumns, wrappedRows } from '../../../web/src/features/logs/columns.ts';
import { levelOf } from '../../../web/src/features/logs/level.ts';
import { lineHash, parseLineHash, selectLine } from '../../../web/src/features/logs/line-hash.ts';
import { LogLines } from '../../../web/src/features/logs/log-lines.ts';
import { piecesOf } from '../../../web/src/features/logs/log-pieces.ts';
import { LogSearch, matchesIn, searchPattern } from '../../../web/src/features/logs/log-search.ts';
import { LogView, noFilter } from '../../../web/src/features/logs/log-view.ts';
import { RowOffsets } from '../../../web/src/features/logs/row-offsets.ts';

test.each([
  ['epoch 3 loss 0.1', 'plain'],
  ['no error found', 'plain'],
  ['errors=0 warnings=0', 'plain'],
  ['ERROR: disk full', 'error'],
  ['2026-01-01 12:00:00,123 - root - WARNING - slow', 'warn'],
  ['[info] ready', 'info'],
  ['error: no such file', 'error'],
  ['Traceback (most recent call last):', 'error'],
  ['torch.OutOfMemoryError: CUDA out of memory', 'error'],
  ['/x/y.py:3: UserWarning: old', 'warn'],
  ['{"level":30,"msg":"ok"}', 'info'],
  ['{"time":1,"level":"error"}', 'error'],
  ['level=debug msg=x', 'debug'],
  ['I am INFORMED', 'plain'],
] as const)('%s is %s', (text, level) => {
  expect(levelOf(text, 'plain')).toBe(level);
});

test('an indented line belongs to the error above it', () => {
  expect(levelOf('  File "x.py", line 3', 'error')).toBe('error');
  expect(levelOf('epoch 4', 'error')).toBe('plain');
});

test('columns count wide glyphs twice and tabs to their stop', () => {
  expect(['abc', '日本', 'a\tb', 'e\u0301', '🙂'].map(textColumns)).toEqual([3, 4, 9, 1, 2]);
  expect([0, 1, 80, 81].map((columns) => wrappedRows(columns, 80))).toEqual([1, 1, 1, 2]);
});

test('line addresses', () => {
  expect(parseLineHash('#L12')).toEqual({ source: 'training', from: 12, to: 12 });
  expect(parseLineHash('#L20-L12')).toEqual({ source: 'training', from: 12, to: 20 });
  expect(parseLineHash('#setup-L3')).toEqual({ source: 'setup', from: 3, to: 3 });
  for (const bad of ['', '#L0', '#L', '#x-L3', '#L1x', '#constructor-L1']) expect(parseLineHash(bad)).toBeNull();
  fc.assert(
    fc.property(
      fc.constantFrom('setup', 'training', 'system'),
      fc.integer({ min: 1, max: 1e8 }),
      fc.nat(99),
      (source, from, more) => {
        const range = { source, from, to: from + more };
        expect(parseLineHash(lineHash(range))).toEqual(range);
      },
    ),
  );
  const first = selectLine(null, { source: 'training', number: 5 }, true);
  expect(selectLine(first, { source: 'training', number: 2 }, true)).toEqual({ source: 'training', from: 2, to: 5 });
});

test('row offsets agree with plain sums', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 300 }), fc.nat(300), (heights, cut) => {
      const rows = new RowOffsets();
      for (const height of heights) rows.push(height);
      rows.truncate(cut);
      for (const height of heights.slice(cut)) rows.push(height);
      let sum = 0;
      for (const [row, height] of heights.entries()) {
        expect(rows.offsetOf(row)).toBe(sum);
        expect(rows.rowAt(sum)).toBe(row);
        expect(rows.rowAt(sum + height - 0.5)).toBe(row);
        sum += height;
      }
      expect(rows.offsetOf(heights.length)).toBe(sum);
      expect(rows.rowAt(sum + 10)).toBe(Math.max(0, heights.length - 1));
    }),
  );
});

describe('search', () => {
  const pattern = (query: string): RegExp => searchPattern(query) ?? /$^/;

  test('is for text, not for expressions, whatever the case', () => {
    expect(matchesIn('a.B a.b axb', pattern('A.b'))).toEqual([
      { start: 0, end: 3 },
      { start: 4, end: 7 },
    ]);
    expect(searchPattern('')).toBeNull();
  });

  test('finds every place in small steps and goes on with new lines', () => {
    const lines = new LogLines();
    for (let line = 0; line < 1000; line++) lines.append('training', line % 100 === 0 ? 'needle needle\n' : 'hay\n');
    const search = new LogSearch(new LogView(lines, noFilter), pattern('needle'));
    let steps = 1;
    while (!search.advance(64)) steps++;
    expect([steps, search.count]).toEqual([16, 20]);
    expect([search.idAt(3), search.ordinalAt(3)]).toEqual([100, 1]);
    expect(search.step(19, 1)).toBe(0);
    expect(search.step(0, -1)).toBe(19);
    expect(search.firstFrom(150)).toBe(4);
    expect(search.firstFrom(950)).toBe(0);
    lines.append('training', 'need');
    search.advance(64);
    lines.append('training', 'le');
    search.advance(64);
    lines.append('training', 'd\n');
    search.advance(64);
    expect(search.count).toBe(21);
  });

  test('looks through a hundred thousand lines', () => {
    const lines = new LogLines();
    lines.append('training', Array.from({ length: 100_000 }, (_, at) => `step ${at} loss ${1 / (at + 1)}\n`).join(''));
    const search = new LogSearch(new LogView(lines, noFilter), pattern('step 99999'));
    while (!search.advance(5000));
    expect(search.count).toBe(1);
    expect(search.idAt(0)).toBe(99_999);
  });
});

test('matches cut coloured runs', () => {
  const spans = [
    { text: 'abc', style: 0 },
    { text: 'def', style: 2 },
  ];
  expect(
    piecesOf(spans, [
      { start: 1, end: 4 },
      { start: 5, end: 6 },
    ]),
  ).toEqual([
    { text: 'a', style: 0, match: -1 },
    { text: 'bc', style: 0, match: 0 },
    { text: 'd', style: 2, match: 0 },
    { text: 'e', style: 2, match: -1 },
    { text: 'f', style: 2, match: 1 },
  ]);
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 5 }), fc.string({ minLength: 1, maxLength: 2 }), (texts, query) => {
      const text = texts.join('');
      const pattern = searchPattern(query);
      const ranges = pattern === null ? [] : matchesIn(text, pattern);
      const pieces = piecesOf(
        texts.map((one, style) => ({ text: one, style })),
        ranges,
      );
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      const marked = ranges.map((_, match) =>
        pieces
          .filter((piece) => piece.match === match)
          .map((piece) => piece.text)
          .join(''),
      );
      expect(marked).toEqual(ranges.map(({ start, end }) => text.slice(start, end)));
    }),
  );
});
