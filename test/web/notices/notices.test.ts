import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { plainHost, startHarness, violations, type Harness } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';

let harness: Harness;
let folder = '';
beforeAll(async () => {
  [harness, folder] = await Promise.all([startHarness(), mkdtemp(join(tmpdir(), 'artenic-upload-'))]);
}, 60_000);
afterAll(async () => {
  await harness.close();
  await rm(folder, { recursive: true });
});

const mebibyte = 1024 * 1024;
const isFull = process.env['ARTENIC_TEST_FULL'] !== undefined;
/** More than fits into a buffer of the browser in the full run, and more than is hashed at once in the others. */
const largeBytes = isFull ? 4100 * mebibyte : 200 * mebibyte;

async function fileOf(name: string, bytes: number): Promise<{ readonly path: string; readonly sha256: string }> {
  const path = join(folder, name);
  await writeFile(path, bytes === 0 ? '' : name);
  await truncate(path, bytes);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: mebibyte }), hash);
  return { path, sha256: hash.digest('hex') };
}

/** The most memory that any of the browser's processes has held, in bytes. */
async function peakBytes(): Promise<number> {
  const session = await harness.browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const peaks = await Promise.all(
    processInfo.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    }),
  );
  return Math.max(...peaks);
}

test.each([plainHost, '127.0.0.1'])(
  'at %s the hash of a file of any size is right, and the file is never whole in memory',
  async (host) => {
    const { page, problems } = await harness.open('notices', { host });
    expect(await page.evaluate(() => isSecureContext)).toBe(host !== plainHost);
    for (const [name, bytes] of [
      ['empty', 0],
      ['small', 5],
      ['pieces', 9 * mebibyte],
    ] as const) {
      const { path, sha256 } = await fileOf(name, bytes);
      await page.getByLabel('File').setInputFiles(path);
      await eventually(() => page.locator('output').innerText(), sha256);
    }
    const { path, sha256 } = await fileOf('large', largeBytes);
    const before = await peakBytes();
    await page.getByLabel('File').setInputFiles(path);
    await page.locator('output', { hasText: sha256 }).waitFor({ timeout: 600_000 });
    expect((await peakBytes()) - before).toBeLessThan(largeBytes / 2);
    expect(problems).toEqual([]);
    await page.context().close();
  },
  700_000,
);

test('notifications stay while they are read, close by keyboard and by swipe, and are a landmark', async () => {
  const { page, problems } = await harness.open('notices');
  await page.clock.install();
  const button = page.getByRole('button', { name: 'Notify' });
  const list = page.getByRole('region', { name: 'Notifications' });
  const shown = () =>
    list.getByRole('dialog').evaluateAll((all) => all.map((one) => one.querySelector('p')?.textContent));
  for (let index = 0; index < 2; index += 1) await button.click();
  await eventually(shown, ['Notice 2', 'Notice 1']);
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('F6');
  await eventually(() => list.evaluate((one) => one === document.activeElement), true);
  await page.clock.runFor(20_000);
  expect(await shown()).toEqual(['Notice 2', 'Notice 1']);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await page.clock.runFor(1000);
  await eventually(shown, ['Notice 1']);
  const box = await list.getByRole('dialog').boundingBox();
  if (box === null) throw new Error('the notification is not shown');
  await page.mouse.move(box.x + 40, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 240, box.y + 20, { steps: 8 });
  await page.mouse.up();
  await page.clock.runFor(1000);
  await eventually(shown, []);
  await button.click();
  await page.mouse.move(0, 0);
  await page.clock.runFor(1000);
  await eventually(shown, ['Notice 3']);
  await page.clock.runFor(10_000);
  await eventually(shown, []);
  expect(problems).toEqual([]);
  await page.context().close();
}, 60_000);
