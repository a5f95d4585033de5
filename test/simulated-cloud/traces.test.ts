import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readRecordings } from '../../simulated-cloud/traces.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-traces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const regions = [{ name: 'north', zones: ['north-a', 'north-b'], priceFactor: 1 }];

function recorded(name: string, gap: unknown, data: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ metadata: { gap_seconds: gap, region: 'elsewhere' }, data }));
  return file;
}

describe('recordings of spot availability', () => {
  const a = recorded('a=1.json', 600, [1, 0, 1]);
  const b = recorded('b.json', 600, [0, 1]);

  test('of several zones are one trace, with as many places as asked for', () => {
    expect(readRecordings([`north-a=${a}`, `north-b=${b}`], 3, regions)).toEqual({
      gapSeconds: 600,
      zones: { 'north-a': [3, 0, 3], 'north-b': [0, 3] },
    });
    expect(readRecordings([], 1, regions)).toBeNull();
  });

  test('are refused by name: an unknown zone, another form, ticks of another length', () => {
    expect(() => readRecordings([`south-a=${a}`], 1, regions)).toThrow('with a zone of north-a, north-b');
    expect(() => readRecordings([a], 1, regions)).toThrow('it is ZONE=FILE');
    expect(() => readRecordings([`north-a=${recorded('c.json', 600, [])}`], 1, regions)).toThrow('c.json');
    expect(() => readRecordings([`north-a=${recorded('d.json', 'ten', [1])}`], 1, regions)).toThrow('gap_seconds');
    const slower = recorded('e.json', 195, [1]);
    expect(() => readRecordings([`north-a=${a}`, `north-b=${slower}`], 1, regions)).toThrow('195 s');
  });
});
