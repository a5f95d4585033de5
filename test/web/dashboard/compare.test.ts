import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { poll } from '../../support/poll.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';
import { settled, visit } from './browser.ts';
import { startDashboard } from './world.ts';

let world: ApiWorld;
let browser: Browser;
const ids: string[] = [];

async function addJob(lr: number, isAccurate: boolean): Promise<string> {
  const { id } = await world.addJob({ service: 'sweep', config: { lr, epochs: 3 } });
  await world.store.metrics.insert(
    Array.from({ length: 80 }, (_, step) => ({
      ...{ jobId: id, attempt: 1, epoch: null, step, time: new Date() },
      ...(isAccurate && step % 2 === 1
        ? { name: 'accuracy', value: step / 100 + lr }
        : { name: 'loss', value: 1 / (step + 1) + lr }),
    })),
  );
  return id;
}

beforeAll(async () => {
  [world, browser] = await Promise.all([startDashboard(), launchChromium()]);
  ids.push(await addJob(0.1, true), await addJob(0.01, true), await addJob(0.001, false));
  for (let more = 0; more < 9; more += 1) await world.addJob({ service: 'other' });
}, 60_000);
afterAll(async () => {
  await browser.close();
  await world.close();
});

const name = (at: number): string => `sweep #1 ${ids[at]?.slice(-8)}`;

test('jobs are chosen in the table, at most ten, and compared', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/jobs');
  await settled(page);
  const bar = page.getByRole('region', { name: 'Selected jobs' });
  await page.getByRole('checkbox', { name: `Select ${name(0)}` }).check();
  await bar.getByText('1 selected').waitFor();
  expect(await bar.getByRole('link').count()).toBe(0);
  const boxes = page.getByRole('checkbox', { name: /^Select other/ });
  for (const box of await boxes.all()) await box.check();
  await bar.getByText('10 selected').waitFor();
  await bar.getByRole('link', { name: 'Compare' }).waitFor();
  await page.getByRole('checkbox', { name: `Select ${name(1)}` }).check();
  await bar.getByText('Compare at most 10').waitFor();
  expect(await bar.getByRole('link').count()).toBe(0);
  await bar.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('checkbox', { name: `Select ${name(0)}` }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('checkbox', { name: `Select ${name(1)}` }).focus();
  await page.keyboard.press('Space');
  await bar.getByRole('link', { name: 'Compare' }).click();
  await page.getByRole('heading', { level: 1, name: 'Compare jobs' }).waitFor();
  await eventually(() => page.getByRole('list', { name: 'Compared jobs' }).getByRole('listitem').count(), 2);
  expect(new URL(page.url()).searchParams.get('ids')).toBe(`${ids[0]},${ids[1]}`);
  expect(problems).toEqual([]);
  await close();
}, 30_000);

test('curves, best values and what differs stand side by side', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto(`/jobs/compare?ids=${ids.join(',')}`);
  await settled(page);
  const loss = page.getByRole('figure', { name: 'loss' });
  await loss.locator('canvas').waitFor();
  // Each job keeps its line in all charts, also in one of a metric that it does not have.
  for (const metric of ['loss', 'accuracy'])
    expect(
      await page.getByRole('figure', { name: metric }).getByRole('list', { name: 'Lines' }).getByRole('button').count(),
    ).toBe(3);
  const dashes = await loss
    .locator('ul path')
    .evaluateAll((all) => all.map((path) => path.getAttribute('stroke-dasharray')));
  expect(new Set(dashes).size).toBe(3);

  const best = page.getByRole('table', { name: 'Best metrics by job' });
  expect(await best.getByRole('row', { name: name(0) }).innerText()).toMatch(/0\.89/);
  expect(
    await best
      .getByRole('row', { name: name(2) })
      .getByText(', best of all')
      .count(),
  ).toBe(1);

  const config = page.getByRole('table', { name: 'Configuration by job' });
  await eventually(() => config.getByRole('rowheader').allInnerTexts(), ['config.lr']);
  await page.getByRole('checkbox', { name: 'Show equal settings' }).check();
  await config.getByRole('rowheader', { name: 'config.epochs' }).waitFor();

  const remove = page.getByRole('button', { name: `Remove ${name(2)}` });
  await remove.click();
  await page.waitForURL((url) => url.searchParams.get('ids') === `${ids[0]},${ids[1]}`);
  await page.goBack();
  await remove.waitFor();
  expect(problems).toEqual([]);
  await close();
}, 30_000);

test('parallel coordinates are turned and read by keyboard, and stand as a table too', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  await page.goto(`/jobs/compare?ids=${ids.join(',')}`);
  await settled(page);
  const chart = page.getByRole('figure', { name: 'Settings and best metrics' });
  const line = chart.locator('svg path[fill=none]').first();
  const first = await poll('the drawing', 5000, () => line.getAttribute('d'));
  await chart.getByRole('button', { name: 'Flip the axis of lr' }).focus();
  await page.keyboard.press('Enter');
  const flipped = await poll('the turned axis', 5000, async () => {
    const path = await line.getAttribute('d');
    return path === first ? null : path;
  });
  await chart.getByRole('button', { name: 'Log scale for lr' }).focus();
  await page.keyboard.press('Space');
  await chart.getByRole('button', { name: 'Log scale for lr', pressed: true }).waitFor();
  expect(flipped).not.toBe(first);
  await chart.getByRole('button', { name: name(1) }).focus();
  await chart
    .getByRole('status')
    .getByText(`${name(1)}: lr 0.01`)
    .waitFor();
  await chart.getByRole('button', { name: 'Show Settings and best metrics as a table' }).click();
  const table = chart.getByRole('table', { name: 'Settings and best metrics' });
  expect(await table.getByRole('columnheader').allInnerTexts()).toEqual(['Job', 'lr', 'loss', 'accuracy']);
  await close();
}, 30_000);

test('a job leads to a comparison with others of its service', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto(`/jobs/${ids[2]}`);
  await settled(page);
  await page.getByRole('button', { name: 'Compare with…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare with…' });
  await dialog.getByRole('checkbox', { name: name(0) }).check();
  expect(await dialog.getByRole('checkbox').count()).toBe(2);
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Compare 2 jobs' }).click();
  await page.waitForURL((url) => url.searchParams.get('ids') === `${ids[2]},${ids[0]}`);
  await page.getByRole('figure', { name: 'loss' }).waitFor();
  expect(problems).toEqual([]);
  await close();
}, 30_000);

test('a job that is not there is told, and left out', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  await page.goto(`/jobs/compare?ids=${ids[0]},${randomUUID()}`);
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Compare without it' }).click();
  await page.getByRole('figure', { name: 'loss' }).waitFor();
  await page.goto('/jobs/compare');
  await page.getByText('Select jobs to compare').waitFor();
  await close();
}, 30_000);

test.each([
  ['light', 1280],
  ['dark', 320],
] as const)(
  '%s, %d px: the comparison is accessible and not wider than the window',
  async (theme, width) => {
    const { page, problems, close } = await visit(browser, world.url, world.key, { theme, width });
    await page.goto(`/jobs/compare?ids=${ids.join(',')}`);
    await settled(page);
    await page.getByRole('figure', { name: 'loss' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
    if (width < 600) await page.setViewportSize({ width, height: 6000 });
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  },
  60_000,
);
