import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';
import { TrainingError } from './errors.ts';
import type { TableRow } from './tabular.ts';

/**
 * What identifies data. `sha256` is proof against forgery; `xxh64` (seed 0) is for quick looks. Both in hexadecimal; 64 and
 * 16 digits.
 */
export type Fingerprint = { readonly sha256: string; readonly xxh64: string };

/** Of the whole table, and of each column by itself: it says which columns changed. */
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

/** Of the file's bytes, read in pieces. */
export async function fingerprintFile(path: string): Promise<Fingerprint> {
  const hashing = await startHashing();
  for await (const part of createReadStream(path)) hashing.update(part as Buffer);
  return hashing.digest();
}

/**
 * Of the values: two tables have the same fingerprint when they have the same rows in the same order; the order of columns
 * does not matter.
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
      // JSON tells 1 from "1" and has no line ends inside, so no two columns have the same text
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
