import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { Ledger } from '../../simulated-cloud/ledger.ts';
import type { LedgerEntry } from '../../simulated-cloud/rules/entries.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry: LedgerEntry = { seq: 1, atMs: 1, kind: 'opened', originMs: 1, scale: 1, seed: 1 };

test('closed, at whatever moment of its last write, it has answered everybody and lets go of the file', async () => {
  for (let round = 0; round < 40; round++) {
    const path = join(folder, `${round}.jsonl`);
    const { ledger } = Ledger.open(path);
    let isWritten = false;
    const written = ledger.append([entry]).then(() => {
      isWritten = true;
    });
    // Entries are batched for 5 ms: close before, during and after the write to disk.
    await sleep(round % 8);
    await ledger.close();
    await Promise.resolve();
    expect(isWritten).toBe(true);
    await written;
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(entry);
  }
});
