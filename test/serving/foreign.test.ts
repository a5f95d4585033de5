import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RandomNumbers } from '@artenic/training';
import { isArtenicError } from '../../core/errors.ts';
import { scanForeign } from '../../serving/foreign-file.ts';
import { scanFile } from '../../serving/inspect.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-foreign-'));
beforeAll(() => {
  execFileSync('python3', [fileURLToPath(new URL('python_files.py', import.meta.url)), folder], { stdio: 'inherit' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const protocols = [0, 1, 2, 3, 4, 5];

test.each([
  ...protocols.map((protocol) => [`good-${protocol}.pkl`, 'pickle'] as const),
  ['good.pt', 'pytorch'] as const,
  ['good.gz', 'savedmodel'] as const,
])('%s as %s is let through', async (name, format) => {
  await scanForeign(join(folder, name), format);
});

test.each<readonly [string, string, RegExp]>([
  ...protocols.map((protocol) => [`evil-${protocol}.pkl`, 'pickle', /imports (?:posix|os)\.system/] as const),
  ...protocols.map((protocol) => [`eval-${protocol}.pkl`, 'pickle', /imports (?:builtins|__builtin__)\.eval/] as const),
  ['decoy.pkl', 'pickle', /imports os\.system/],
  ['memo.pkl', 'pickle', /imports os\.system/],
  ['computed.pkl', 'pickle', /cannot be told/],
  ['good-4.pkl', 'xgboost', /is a Python pickle, not xgboost/],
  ['good.pt', 'keras', /holds a Python pickle/],
  ['evil.pt', 'pytorch', /imports (?:posix|os)\.system/],
  ['packed-evil.pt', 'pytorch', /imports (?:posix|os)\.system/],
  ['bomb.zip', 'pytorch', /bomb/],
  ['escape.zip', 'other', /unpacked elsewhere/],
  ['lambda.keras', 'keras', /Lambda/],
  ['cut.zip', 'pytorch', /damaged/],
  ['bomb.gz', 'savedmodel', /bomb/],
])('%s as %s is refused with the reason', async (name, format, reason) => {
  await expect(scanForeign(join(folder, name), format)).rejects.toThrow(reason);
});

test('damaged files are let through or refused, never anything else', async () => {
  const random = RandomNumbers.fromSeed(20_261_123);
  const names = ['good-4.pkl', 'evil-0.pkl', 'good.pt', 'packed-evil.pt', 'good.gz'];
  const path = join(folder, 'mutant');
  let refused = 0;
  for (let count = 0; count < 400; count++) {
    const bytes = readFileSync(join(folder, names[count % names.length] ?? ''));
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    writeFileSync(path, random.below(4) === 0 ? bytes.subarray(0, 1 + random.below(bytes.length)) : bytes);
    const error: unknown = await scanForeign(path, count % 2 === 0 ? 'pytorch' : 'pickle').catch(
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    if (!isArtenicError(error, 'model-rejected')) throw error;
    refused++;
  }
  expect(refused).toBeGreaterThan(50);
});

test('the scan runs in a process of its own', async () => {
  const options = { timeoutMs: 20_000, memoryBytes: 2 ** 30 };
  await scanFile(join(folder, 'good.pt'), 'pytorch', options);
  await expect(scanFile(join(folder, 'evil.pt'), 'pytorch', options)).rejects.toMatchObject({ type: 'model-rejected' });
});
