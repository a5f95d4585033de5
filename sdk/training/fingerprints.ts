import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';
import { TrainingError } from './errors.ts';
import type { TableRow } from './tabular.ts';

/**
 * Identifies data. `sha256` resists forgery; `xxh64` (seed 0) is for quick comparisons. Both in hexadecimal, with 64
 * and 16 digits.
 */
export type Fingerprint = { readonly sha256: string; readonly xxh64: string };

/** Fingerprints of the whole table and of each column, to find the columns that changed. */
export type TableFingerprint = Fingerprint & {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Fingerprint>>;
};

let loading: Promise<XXHashAPI> | null = null;

function loadXxhash(): Promise<XXHashAPI> {
  loading ??= xxhash();
  return loading;
}

type Hashing = { readonly update: (part: Uint8Array | string) => void; readonly digest: () => Fingerprint };

async function startHashing(): Promise<Hashing> {
  const sha256 = createHash('sha256');
  const xxh64 = (await loadXxhash()).create64();
  return {
    update: (part) => {
      sha256.update(part);
      xxh64.update(part);
    },
    digest: () => ({ sha256: sha256.digest('hex'), xxh64: xxh64.digest().toString(16).padStart(16, '0') }),
  };
}

export async function fingerprintBytes(bytes: Uint8Array): Promise<Fingerprint> {
  const hashing = await startHashing();
  hashing.update(bytes);
  return hashing.digest();
}

/** Fingerprint of the file's bytes, read in pieces. */
export async function fingerprintFile(path: string): Promise<Fingerprint> {
  const hashing = await startHashing();
  for await (const part of createReadStream(path)) hashing.update(part as Buffer);
  return hashing.digest();
}

/**
 * Fingerprint of the values: two tables have the same fingerprint when they have the same rows in the same order; the
 * order of columns does not matter.
 * @throws TrainingError `invalid-data` when a row lacks a column or has another one, or a number is not finite
 */
export async function fingerprintRows(rows: readonly TableRow[]): Promise<TableFingerprint> {
  const names = Object.keys(rows[0] ?? {}).sort();
  const whole = await startHashing();
  whole.update(`${JSON.stringify(names)}\n`);
  const columns = await Promise.all(names.map(async (name) => ({ name, hashing: await startHashing() })));
  for (const [index, row] of rows.entries()) {
    if (Object.keys(row).length !== names.length) throw ragged(index, names);
    for (const { name, hashing } of columns) {
      const value = row[name];
      if (value === undefined) throw ragged(index, names);
      if (typeof value === 'number' && !Number.isFinite(value)) {
        throw new TrainingError('invalid-data', `Column ${name}, row ${index}: ${value}.`);
      }
      // JSON distinguishes 1 from "1" and contains no line breaks, so different columns have different texts.
      const line = `${JSON.stringify(value)}\n`;
      hashing.update(line);
      whole.update(line);
    }
  }
  const byColumn = columns.map(({ name, hashing }) => [name, hashing.digest()] as const);
  return { ...whole.digest(), rows: rows.length, columns: Object.fromEntries(byColumn) };
}

function ragged(index: number, names: readonly string[]): TrainingError {
  return new TrainingError('invalid-data', `Row ${index} does not have exactly the columns ${names.join(', ')}.`);
}
