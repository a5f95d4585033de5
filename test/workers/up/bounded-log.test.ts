import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { boundLog } from '../../../workers/up/bounded-log.ts';

test('a log that is too long is moved aside while its writer goes on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'artenic-log-'));
  const file = join(folder, 'api.log');
  boundLog(file, 10);
  const writer = openSync(file, 'a', 0o600);
  try {
    writeSync(writer, 'short\n');
    boundLog(file, 10);
    expect(readFileSync(file, 'utf8')).toBe('short\n');
    appendFileSync(file, 'now it is long\n');
    boundLog(file, 10);
    writeSync(writer, 'after\n');
    expect(readFileSync(file, 'utf8')).toBe('after\n');
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('short\nnow it is long\n');
  } finally {
    closeSync(writer);
    rmSync(folder, { recursive: true });
  }
});
