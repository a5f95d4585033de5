import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { endEarlierPostgres } from '../../../workers/up/postgres/earlier.ts';
import { freePort } from '../../../workers/up/ports.ts';
import { awaitPostgres, startPostgres } from '../../../workers/up/postgres/postgres.ts';
import { makeEnteredFolder } from '../../support/entered-folder.ts';
import { poll } from '../../support/poll.ts';

let home = '';
const folder = () => join(home, 'postgres');
beforeEach(() => {
  home = makeEnteredFolder('artenic-earlier-postgres-');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a server that nobody wrote down is ended in peace, and the next one starts', async () => {
  const port = await freePort();
  const options = { folder: folder(), port, logFile: join(home, 'postgres.log'), password: 'secret' };
  const earlier = startPostgres(options);
  await awaitPostgres(options, 30_000, () => earlier.exitCode === null);
  await endEarlierPostgres(folder());
  expect(existsSync(join(folder(), 'postmaster.pid'))).toBe(false);
  const next = startPostgres(options);
  await awaitPostgres(options, 30_000, () => next.exitCode === null);
  await endEarlierPostgres(folder());
  await poll('its end', 5000, () => (next.exitCode === 0 ? true : null));
}, 90_000);

test.each([
  ['names somebody else', `${process.pid}\n`],
  ['is broken', 'no number\n'],
  ['names nobody', '2147483646\n'],
])('a file that %s ends nothing', async (_what, content) => {
  mkdirSync(folder());
  writeFileSync(join(folder(), 'postmaster.pid'), content);
  await endEarlierPostgres(folder());
  expect(existsSync(join(folder(), 'postmaster.pid'))).toBe(true);
});
