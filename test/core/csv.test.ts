import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvRow } from '../../core/csv.ts';

test.each<readonly [readonly (string | number | null)[], string]>([
  [['a', 1, null, -2.5], 'a,1,,-2.5\r\n'],
  [['say "hi", you', 'two\nlines'], '"say ""hi"", you","two\nlines"\r\n'],
  [['=1+1', '+cmd', '-x', '@SUM(A1)', '\t=x', '\r=x'], `"'=1+1","'+cmd","'-x","'@SUM(A1)","'\t=x","'\r=x"\r\n`],
  [['  =x', '\u0000=x', "it's"], `"'  =x","'\u0000=x","it's"\r\n`],
  [['a=b', '3-4'], 'a=b,3-4\r\n'],
])('%j is %j', (values, row) => {
  expect(csvRow(values)).toBe(row);
});

test('every text comes back, and none begins like a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), (texts) => {
      const [read = []] = parse(csvRow(texts), { relax_column_count: true });
      expect(read.map((text, index) => (text === `'${texts[index]}` ? texts[index] : text))).toEqual(texts);
      for (const text of read) expect(text).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});
