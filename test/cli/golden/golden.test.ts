import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { startFakeApi, type FakeApi } from '../../sdk/client/fake-api.ts';
import { runOnScreen } from '../in-process.ts';
import { answers, jobId, nowMs } from './answers.ts';

/** `ARTENIC_GOLDEN=update npm test -- test/cli/golden` writes the files anew. */
const isUpdate = process.env['ARTENIC_GOLDEN'] === 'update';
const here = fileURLToPath(new URL('.', import.meta.url));
const widths = [60, 80, 120, 200];

const commands: Readonly<Record<string, readonly string[]>> = {
  'jobs-list': ['jobs', 'list'],
  'jobs-get': ['jobs', 'get', jobId],
  'jobs-attempts': ['jobs', 'attempts', jobId],
  doctor: ['doctor'],
  health: ['health'],
  'provider-list': ['provider', 'list'],
  offers: ['offers'],
  'model-list': ['model', 'list'],
  'model-get': ['model', 'get', 'penguins'],
};

let api: FakeApi;
beforeAll(async () => {
  api = await startFakeApi(({ path }) =>
    answers[path] === undefined
      ? { status: 404 }
      : { status: path === '/health/detailed' ? 503 : 200, body: answers[path] },
  );
});
afterAll(() => api.close());

async function printed(args: readonly string[], columns: number | null, env: Readonly<Record<string, string>>) {
  const { stdout, stderr, exitCode } = await runOnScreen(args, api, { columns, env, nowMs });
  return `${stdout}${stderr === '' ? '' : `--- standard error\n${stderr}`}--- exit code ${exitCode}\n`;
}

/** Escape sequences are written as `␛`, so that a difference can be read. */
const readable = (text: string): string => text.replaceAll('\u001B', '␛');

describe.each(Object.entries(commands))('%s', (name, args) => {
  test.each([
    [`${name}.txt`, { NO_COLOR: '1' }],
    [`${name}.colour.txt`, { FORCE_COLOR: '1' }],
  ])('%s', async (file, env) => {
    const parts: string[] = [];
    for (const columns of [...widths, null]) {
      const text = await printed(args, columns, env);
      for (const line of text.split('\n'))
        if (columns !== null && !line.startsWith('artenic: '))
          expect(stringWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
      parts.push(`=== ${columns === null ? 'piped' : `${columns} columns`}\n${readable(text)}`);
    }
    const found = parts.join('\n');
    if (isUpdate) writeFileSync(`${here}${file}`, found);
    expect(existsSync(`${here}${file}`)).toBe(true);
    expect(found).toBe(readFileSync(`${here}${file}`, 'utf8'));
  });
});

test('colours change no character', async () => {
  for (const args of Object.values(commands))
    expect(stripVTControlCharacters(await printed(args, 80, { FORCE_COLOR: '1' }))).toBe(
      await printed(args, 80, { NO_COLOR: '1' }),
    );
});

test('every golden file belongs to a command', () => {
  const expected = Object.keys(commands).flatMap((name) => [`${name}.txt`, `${name}.colour.txt`]);
  expect(
    globSync(`${here}*.txt`)
      .map((path) => basename(path))
      .toSorted(),
  ).toEqual(expected.toSorted());
});
