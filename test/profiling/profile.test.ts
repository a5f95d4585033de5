import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContentProfile } from '@artenic/core';
import { DuckDBInstance } from '@duckdb/node-api';
import { openLocked, rowsOf } from '../../profiling/database.ts';
import type { ProfileAnswer, TableSource } from '../../profiling/messages.ts';
import { startReader, type Reader } from '../../profiling/process.ts';
import { profileFile, profileLimits } from '../../profiling/profile-file.ts';
import { shapes, type Shape } from './shapes.ts';

let home: string;
let reader: Reader;
let number = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'artenic-profile-'));
  reader = await startReader(profileLimits);
});
afterAll(async () => {
  await reader.kill();
  await rm(home, { recursive: true, force: true });
});

async function place(content: Uint8Array | string): Promise<string> {
  const path = join(home, `file-${++number}`);
  await writeFile(path, content);
  return path;
}

/** All files go through one reader: a file that ends it fails the test. */
async function profile(source: TableSource): Promise<ProfileAnswer> {
  const request = { source, folder: join(home, `folder-${++number}`), memoryMb: profileLimits.memoryMb };
  return reader.ask('profile', request, profileLimits.timeoutMs);
}

async function profileText(content: string, format: TableSource['format'] = 'csv'): Promise<ProfileAnswer> {
  return profile({ path: await place(content), format, isPacked: false });
}

function columnsOf(answer: ProfileAnswer) {
  if (answer.kind === 'failed') throw new Error(answer.failure.message);
  return answer.profile.columns;
}

describe('files as people have them', () => {
  test.each(shapes.map((shape) => [shape.name, shape] as const))('%s', async (_, shape: Shape) => {
    const { format, isPacked = false, expected } = shape;
    const answer = await profile({ path: await place(shape.content()), format, isPacked });
    if ('reason' in expected) {
      expect(answer).toMatchObject({ kind: 'failed', failure: expected });
      return;
    }
    if (answer.kind === 'failed') throw new Error(JSON.stringify(answer.failure));
    const columns = answer.profile.columns.map(({ name, type }) => [name, type]);
    expect(answer.profile.rows).toBe(expected.rows);
    if (typeof expected.columns === 'number') expect(columns).toHaveLength(expected.columns);
    else expect(columns).toEqual(expected.columns);
  });
});

test('statistics of a column of each class', async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => {
    const word = index % 10 === 0 ? '' : ['red', 'green', 'blue', 'red'][index % 4];
    const real = index === 7 ? 'nan' : index === 8 ? 'inf' : String(index / 2);
    return `${index},${real},${word},2024-01-${String((index % 31) + 1).padStart(2, '0')},${index % 2 === 0}`;
  });
  const [id, real, word, date, truth] = columnsOf(
    await profileText(`id,real,word,date,truth\n${lines.join('\n')}\n`),
  ).map(({ stats }) => stats);
  expect(id).toMatchObject({ nulls: 0, min: 0, max: 999, mean: 499.5, top: [] });
  expect(id?.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
  expect(Number(id?.quantiles?.[2])).toBeCloseTo(500, -1);
  expect(real).toMatchObject({ nan: 1, positiveInfinity: 1, negativeInfinity: 0, min: 0, max: 499.5 });
  expect(word).toMatchObject({ nulls: 100, distinct: 3, min: 'blue', max: 'red', length: { min: 3, max: 5 } });
  expect(word?.top.map(({ value }) => value)).toEqual(['red', 'green', 'blue']);
  expect(word?.top[0]?.count).toBe(lines.filter((line) => line.includes('red')).length);
  expect(date).toMatchObject({ min: '2024-01-01', max: '2024-01-31' });
  expect(date?.histogram?.bounds.at(0)).toBe('2024-01-01');
  expect(truth?.top).toEqual([
    { value: false, count: 500 },
    { value: true, count: 500 },
  ]);
});

test('values keep all their digits, also those beyond doubles', async () => {
  const [big, at] = columnsOf(await profileText('big,at\n9007199254740993,2024-01-31 12:00:00.25\n')).map(
    ({ stats }) => stats?.min,
  );
  expect([big, at]).toEqual(['9007199254740993', '2024-01-31T12:00:00.25']);
});

describe('a reader sees its file and no other one', () => {
  test.each([
    `SELECT * FROM read_csv('/etc/passwd')`,
    `SELECT * FROM read_text('/proc/self/environ')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM read_csv('http://127.0.0.1:1/a.csv')`,
    `COPY (SELECT 1) TO '/tmp/artenic-copy.csv'`,
    `ATTACH '/tmp/artenic-other.db'`,
    `INSTALL httpfs`,
    `LOAD httpfs`,
    `SET enable_external_access = true`,
    `SET allowed_paths = ['/etc/passwd']`,
    `SET memory_limit = '100GB'`,
    `RESET lock_configuration`,
  ])('%s is refused', async (statement) => {
    const path = await place('a\n1\n');
    const opened = await openLocked({ files: [path], spillFolder: join(home, 'spill'), memoryMb: 256, threads: 1 });
    try {
      await expect(rowsOf(opened, statement)).rejects.toThrow(/Permission Error|has been locked|disabled/);
      expect(await rowsOf(opened, `SELECT * FROM read_csv('${path}')`)).toEqual([[1n]]);
    } finally {
      opened.close();
    }
  });
});

describe('Parquet files that are damaged', () => {
  const mutants = 200;

  /** Numbers that follow from the seed alone. */
  function* numbers(seed: string): Generator<number> {
    for (let round = 0; ; round++) {
      const bytes = createHash('sha256').update(`${seed}/${round}`).digest();
      for (let at = 0; at < bytes.length; at += 4) yield bytes.readUInt32BE(at);
    }
  }

  async function whole(): Promise<Buffer> {
    const path = join(home, 'whole.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT range AS id, 'text ' || range AS word, range / 7 AS real, [range, range] AS list FROM range(3000))
       TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
    connection.closeSync();
    return readFile(path);
  }

  test('each is a typed failure or has a profile', async () => {
    const source = await whole();
    const random = numbers('parquet mutants');
    const next = (below: number): number => Number(random.next().value) % below;
    const seen = { done: 0, failed: 0 };
    for (let index = 0; index < mutants; index++) {
      const content = Buffer.from(index % 4 === 0 ? source.subarray(0, next(source.length)) : source);
      if (index % 4 !== 0)
        for (let flips = 1 + next(8); flips > 0; flips--) {
          // half of them in the metadata at the end
          const place = index % 2 === 0 ? next(content.length) : content.length - 1 - next(600);
          content[place] = (content[place] ?? 0) ^ (1 << next(8));
        }
      const answer = await profile({ path: await place(content), format: 'parquet', isPacked: false });
      seen[answer.kind]++;
      if (answer.kind === 'failed') expect(answer.failure.message).not.toBe('');
      else expect(answer.profile satisfies ContentProfile).toMatchObject({ kind: 'table' });
    }
    expect(seen.failed).toBeGreaterThan(mutants / 4);
    expect(seen.done + seen.failed).toBe(mutants);
  }, 120_000);
});

describe('limits', () => {
  test('a line of 100 MB is too large', async () => {
    const path = await place(Buffer.alloc(100_000_000, 'x'));
    const answer = await profileFile({ path, format: 'csv', isPacked: false }, join(home, 'line'));
    expect(answer).toMatchObject({ kind: 'failed', failure: { reason: 'too-large' } });
  }, 60_000);

  test('a reader that takes too long, or too much memory, ends, and the file has this outcome', async () => {
    const path = await place(`a,b\n${'1,2\n'.repeat(2_000_000)}`);
    const source = { path, format: 'csv', isPacked: false } as const;
    const late = await profileFile(source, join(home, 'late'), { limits: { ...profileLimits, timeoutMs: 1 } });
    expect(late).toMatchObject({ kind: 'failed', failure: { reason: 'too-slow' } });
    const small = { ...profileLimits, rssBytes: 40 * 1024 ** 2 };
    const large = await profileFile(source, join(home, 'large'), { limits: small });
    expect(large).toMatchObject({ kind: 'failed', failure: { reason: 'too-large' } });
  }, 60_000);

  test('an ended try ends its reader', async () => {
    const path = await place(`a,b\n${'1,2\n'.repeat(2_000_000)}`);
    const stop = new AbortController();
    const running = profileFile({ path, format: 'csv', isPacked: false }, join(home, 'stopped'), {
      signal: stop.signal,
    });
    stop.abort();
    await expect(running).rejects.toThrow(/abort/i);
  }, 60_000);
});
