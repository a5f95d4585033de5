import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fingerprintBytes, fingerprintFile, fingerprintRows } from '@artenic/training';
import { withFolder } from './folder.ts';

test('bytes have the published SHA-256 and XXH64 values', async () => {
  // Values from FIPS 180-4 and the xxHash specification.
  expect(await fingerprintBytes(new Uint8Array())).toEqual({
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    xxh64: 'ef46db3751d8e999',
  });
  expect((await fingerprintBytes(new TextEncoder().encode('abc'))).xxh64).toBe('44bc2cf5ad770999');
});

test('a file read in pieces has the fingerprint of its bytes', async () => {
  await withFolder(async (folder) => {
    const bytes = Buffer.alloc(300_001, 'artenic');
    writeFileSync(join(folder, 'data.bin'), bytes);
    const found = await fingerprintFile(join(folder, 'data.bin'));
    expect(found).toEqual(await fingerprintBytes(bytes));
    expect(found.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});

const rows = [
  { size: 1, colour: 'red' },
  { size: 2, colour: 'blue' },
];

test('a changed cell changes the table and its own column only', async () => {
  const before = await fingerprintRows(rows);
  const after = await fingerprintRows([
    { size: 1, colour: 'red' },
    { size: 3, colour: 'blue' },
  ]);
  expect(after.sha256).not.toBe(before.sha256);
  expect(after.xxh64).not.toBe(before.xxh64);
  expect(after.columns['colour']).toEqual(before.columns['colour']);
  expect(after.columns['size']).not.toEqual(before.columns['size']);
});

test('the order of columns does not matter, that of rows and the type of a value do', async () => {
  const { sha256 } = await fingerprintRows(rows);
  expect((await fingerprintRows(rows.map(({ size, colour }) => ({ colour, size })))).sha256).toBe(sha256);
  expect((await fingerprintRows(rows.toReversed())).sha256).not.toBe(sha256);
  expect((await fingerprintRows(rows.map(({ size, colour }) => ({ colour, size: `${size}` })))).sha256).not.toBe(
    sha256,
  );
});

test.each([[[{ a: 1 }, { b: 1 }]], [[{ a: 1 }, { a: 1, b: 2 }]], [[{ a: Number.NaN }]]])(
  'rows that are no table are refused: %j',
  async (bad) => {
    await expect(fingerprintRows(bad as never)).rejects.toMatchObject({ code: 'invalid-data' });
  },
);
