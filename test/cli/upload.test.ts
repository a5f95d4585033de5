import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@artenic/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uploadFile } from '../../cli/job-file/upload.ts';
import { startFakeApi, type FakeApi } from '../sdk/client/fake-api.ts';
import { folderWith } from './artenic.ts';

let api: FakeApi | null = null;
const files = folderWith({});
let isThere = false;

beforeAll(async () => {
  api = await startFakeApi(({ method }) => ({ status: method === 'HEAD' && !isThere ? 404 : 200 }));
});
afterAll(async () => {
  files.remove();
  await api?.close();
});

function talk() {
  const [said, drawn]: [string[], string[]] = [[], []];
  return { said, drawn, say: (line: string) => void said.push(line), meter: (line: string) => void drawn.push(line) };
}

test('a file arrives whole under its hash, with a meter that grows', async () => {
  const content = Buffer.alloc(24 * 1024 * 1024, 'artenic');
  const path = join(files.path, 'rows.bin');
  writeFileSync(path, content);
  const client = createClient({ url: api?.url ?? '', apiKey: 'key' });
  const heard = talk();
  const sha256 = await uploadFile(client, 'data', path, heard);

  expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
  const put = api?.calls.find(({ method }) => method === 'PUT');
  expect(put?.path).toBe(`/api/v1/objects/data/${sha256}`);
  expect(put?.body.equals(content)).toBe(true);
  expect(heard.said).toEqual(['uploaded rows.bin']);
  const percents = heard.drawn.map((line) => Number(/(\d+) % rows\.bin$/.exec(line)?.[1]));
  expect(percents.length).toBeGreaterThan(0);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect(percents.every((percent) => percent >= 0 && percent <= 100)).toBe(true);
});

test('what is there already is not sent again', async () => {
  isThere = true;
  const path = join(files.path, 'empty.bin');
  writeFileSync(path, '');
  const sentBefore = api?.calls.filter(({ method }) => method === 'PUT').length;
  const heard = talk();
  await uploadFile(createClient({ url: api?.url ?? '', apiKey: 'key' }), 'models', path, heard);
  expect(heard.said).toEqual(['already uploaded: empty.bin']);
  expect(api?.calls.filter(({ method }) => method === 'PUT').length).toBe(sentBefore);
});
