import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ansiBits,
  ansiSpans,
  applySgr,
  backgroundOf,
  foregroundOf,
  plainText,
} from '../../../web/src/features/logs/ansi.ts';

const esc = '\u001b';

describe('colours', () => {
  test.each([
    ['31', 2, 0],
    ['91', 10, 0],
    ['38;5;196', 10, 0],
    ['38;2;255;0;0', 10, 0],
    ['38:2::0:205:0', 3, 0],
    ['38:5:21', 5, 0],
    ['48;5;232', 0, 1],
    ['31;44', 2, 5],
    ['38;5;16;1', 1, 0],
    ['31;39', 0, 0],
  ])('%s', (params, foreground, background) => {
    const style = applySgr(0, params);
    expect([foregroundOf(style), backgroundOf(style)]).toEqual([foreground, background]);
  });

  test('attributes are set and cleared', () => {
    expect(applySgr(0, '1;3;4')).toBe(ansiBits.bold | ansiBits.italic | ansiBits.underline);
    expect(applySgr(applySgr(0, '1;2;31'), '22')).toBe(2);
    expect(applySgr(applySgr(0, '1;31;44'), '')).toBe(0);
    expect(applySgr(2, '999;;1')).toBe(ansiBits.bold);
  });
});

describe('text', () => {
  test('markup stays text and other escapes are dropped', () => {
    expect(plainText(`<script>alert(1)</script>`)).toBe('<script>alert(1)</script>');
    expect(
      plainText(
        `a${esc}[2Jb${esc}[?25lc${esc}]0;title\u0007d${esc}]52;c;aGk=${esc}\\e${esc}(Bf${esc}Pq${esc}\\g\u0000h\u009b31mi`,
      ),
    ).toBe('abcdefghi');
  });

  test('a sequence that never ends does not swallow the line', () => {
    expect(plainText(`${esc}]0;left open`)).toBe('0;left open');
  });

  test('neighbouring runs of one style are one', () => {
    const { spans, endStyle } = ansiSpans(`a${esc}[0mb${esc}[31mc${esc}[1m`, 0);
    expect(spans).toEqual([
      { text: 'ab', style: 0 },
      { text: 'c', style: 2 },
    ]);
    expect(endStyle).toBe(2 | ansiBits.bold);
  });

  test('never shows a control character, whatever comes', () => {
    const bytes = fc.string({
      unit: fc.constantFrom('\u001b', '[', ']', '3', ';', 'm', 'K', '\\', '\u0007', '\u009b', '\r', 'x', '?', '('),
    });
    fc.assert(
      fc.property(bytes, (text) => {
        for (const char of plainText(text)) expect(char >= ' ').toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
