import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LogLines } from '../../../web/src/features/logs/log-lines.ts';
import { LogView, noFilter, textOfRows } from '../../../web/src/features/logs/log-view.ts';

const esc = '\u001b';
const texts = (lines: LogLines): string[] =>
  Array.from({ length: lines.endId - lines.firstId }, (_, at) => lines.plainAt(lines.firstId + at));

describe('lines', () => {
  test('are the same however the text was cut into pages', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'loss 0.1',
        '\n',
        '\r\n',
        '\r',
        ' 50%',
        `${esc}[31m`,
        `${esc}[0m`,
        `${esc}]8;;x${esc}\\`,
        'é日',
        esc,
        '\\',
        '(',
        ']0;t',
        '\u0007',
        '\t',
        `${esc}[2K`,
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(12), { maxLength: 10 }), (parts, cuts) => {
        // A line end within an escape does not occur in practice.
        const text = `${parts.join('')}\n`.replaceAll('\u001b\r', '');
        const whole = new LogLines();
        whole.append('training', text);
        const cut = new LogLines();
        let at = 0;
        for (const length of cuts) {
          cut.append('training', text.slice(at, at + length));
          at += length;
        }
        cut.append('training', text.slice(at));
        expect(texts(cut)).toEqual(texts(whole));
      }),
      { numRuns: 1000 },
    );
  });

  test('a progress bar of many redraws is its last state', () => {
    const lines = new LogLines();
    for (let step = 0; step <= 1000; step++)
      lines.append('training', `\r${String(step / 10)}% |${'#'.repeat(step / 100)}`);
    lines.append('training', '\ndone\n');
    expect(texts(lines)).toEqual(['100% |##########', 'done']);
    expect(lines.line(0).text.length).toBeLessThan(30);
  });

  test('a shorter redraw leaves what it does not cover, unless it erases', () => {
    const lines = new LogLines();
    lines.append('training', `downloading\rdone\ndownloading\r${esc}[Kdone\nabc\b\bX\n12345${esc}[1G_\n`);
    expect(texts(lines)).toEqual(['doneloading', 'done', 'aXc', '_2345']);
  });

  test('numbers count within a source, and a gap has none', () => {
    const lines = new LogLines();
    lines.append('setup', 'one\ntwo\n');
    lines.append('training', 'a\n');
    lines.appendGap('training', 5000);
    lines.append('training', 'b\n');
    const seen = [0, 1, 2, 3, 4].map((id) => lines.line(id));
    expect(seen.map(({ source, number }) => [source, number])).toEqual([
      ['setup', 1],
      ['setup', 2],
      ['training', 1],
      ['training', null],
      ['training', 2],
    ]);
    expect(seen[3]?.droppedBytes).toBe(5000);
    expect(lines.find('training', 2)).toBe(4);
    expect(lines.find('training', 9)).toBeNull();
  });

  test('a colour goes on to the next line until it is reset', () => {
    const lines = new LogLines();
    lines.append('training', `${esc}[31mred\nstill${esc}[0m\nplain\n`);
    expect([0, 1, 2].map((id) => lines.line(id).startStyle)).toEqual([0, 2, 0]);
  });

  test('older lines go beyond the limit; ids, counts and views stay right', () => {
    const lines = new LogLines({ maxLines: 100 });
    const errors = new LogView(lines, { hiddenLevels: new Set(['plain']), hiddenSources: new Set() });
    for (let step = 0; step < 1000; step++) {
      lines.append('training', step % 10 === 0 ? `ERROR at ${step}\n` : `step ${step}\n`);
      errors.sync();
      expect(lines.endId - lines.firstId).toBeLessThanOrEqual(100);
      expect(errors.length).toBe(lines.byLevel.error);
    }
    expect(lines.plainAt(lines.endId - 1)).toBe('step 999');
    expect(lines.byLevel.error + lines.byLevel.plain).toBe(lines.endId - lines.firstId);
    expect(lines.find('training', 1)).toBeNull();
    expect(lines.line(lines.find('training', 991) ?? -1).text).toBe('ERROR at 990');
  });
});

describe('view', () => {
  test('shows what the filter lets through, and every gap', () => {
    const lines = new LogLines();
    lines.append('setup', 'installing\n');
    lines.append('training', 'INFO ready\nERROR broken\n  at line 3\n');
    lines.appendGap('training', 10);
    const view = new LogView(lines, { hiddenLevels: new Set(['info', 'plain']), hiddenSources: new Set(['setup']) });
    expect(textOfRows(view)).toBe('ERROR broken\n  at line 3\n');
    expect(view.length).toBe(3);
    expect(textOfRows(new LogView(lines, noFilter))).toBe('installing\nINFO ready\nERROR broken\n  at line 3\n');
  });

  test('follows an unfinished line that turns out to be an error', () => {
    const lines = new LogLines();
    const view = new LogView(lines, { hiddenLevels: new Set(['plain']), hiddenSources: new Set() });
    lines.append('training', 'ERR');
    view.sync();
    lines.append('training', 'AND\n');
    view.sync();
    expect(view.length).toBe(0);
    lines.append('training', 'ERRO');
    view.sync();
    lines.append('training', 'R: x\n');
    view.sync();
    expect(textOfRows(view)).toBe('ERROR: x\n');
  });
});
