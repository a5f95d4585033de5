import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import type { Browser, Page } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { poll } from '../../support/poll.ts';
import { launchChromium } from '../harness/chromium.ts';
import { settled, visit } from './browser.ts';
import { MortalApi, startDashboard } from './world.ts';
import { isFull } from '../../support/share.ts';

/**
 * Number of deaths of the connection or the API, with updates in between; `ARTENIC_RECONNECT_KILLS=20` is the full
 * count.
 */
const kills = Number(process.env['ARTENIC_RECONNECT_KILLS'] ?? (isFull ? 20 : 6));
const updates = 25 * kills;
const rows = 30;

let world: ApiWorld;
let api: MortalApi;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([startDashboard(), launchChromium()]);
  api = new MortalApi(world);
  await api.start();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await api.kill();
  await world.close();
});

const steps = ['preparing', 'waiting', 'provisioning', 'setup', 'running', 'collecting', 'succeeded'] as const;
const words: Readonly<Record<string, string>> = {
  queued: 'Queued',
  preparing: 'Preparing',
  waiting: 'Waiting',
  provisioning: 'Provisioning',
  setup: 'Setting up',
  running: 'Running',
  collecting: 'Collecting',
  succeeded: 'Succeeded',
};

const shownRows = (page: Page) =>
  page.$$eval('[data-row]', (found) =>
    found.map((row) => `${row.getAttribute('data-row')} ${row.querySelectorAll('td')[1]?.textContent}`),
  );

async function trueRows(): Promise<readonly string[]> {
  const { items } = (await world.call('GET', '/api/v1/jobs?limit=50')).json<{ items: JobView[] }>();
  return items.map((job) => `${job.id} ${words[job.state]}`);
}

test(`${kills} deaths during ${updates} updates: the page ends as the API says, each row once`, async () => {
  const { page, problems, close } = await visit(browser, api.url, world.key);
  const jobs: string[] = [];
  for (let made = 0; made < rows; made++) jobs.push((await world.addJob({ service: `service-${made}` })).id);
  await page.goto('/jobs');
  await settled(page);
  await page.locator('[data-live="live"]').first().waitFor({ state: 'attached' });

  let done = 0;
  const state = new Map<string, number>();
  const update = async (): Promise<void> => {
    const id = jobs[done % jobs.length] ?? '';
    const step = state.get(id) ?? 0;
    const next = steps[step];
    // A job in its last state is replaced by a new job.
    if (next === undefined) jobs[done % jobs.length] = (await world.addJob({ service: `later-${done}` })).id;
    else await world.store.jobs.transition(id, next);
    state.set(id, step + 1);
    done++;
  };

  let longestBadgeMs = 0;
  let longestBackMs = 0;
  for (let kill = 0; kill < kills; kill++) {
    for (let some = 0; some < updates / kills / 2; some++) await update();
    const diedMs = performance.now();
    const isCut = kill % 2 === 0;
    if (isCut) api.cut();
    else await api.kill();
    await page.locator('[data-live="reconnecting"]').first().waitFor({ state: 'attached', timeout: 2000 });
    longestBadgeMs = Math.max(longestBadgeMs, performance.now() - diedMs);
    for (let some = 0; some < updates / kills / 2; some++) await update();
    if (!isCut) await api.start();
    const backMs = performance.now();
    await page.locator('[data-live="live"]').first().waitFor({ state: 'attached', timeout: 5000 });
    longestBackMs = Math.max(longestBackMs, performance.now() - backMs);
  }

  const wanted = await trueRows();
  const seen = await poll('the page to show what is', 10_000, async () => {
    const shown = await shownRows(page);
    return JSON.stringify(shown) === JSON.stringify(wanted) ? shown : null;
  }).catch(() => shownRows(page));
  expect(seen).toEqual(wanted);
  expect(new Set(seen).size).toBe(seen.length);
  expect(problems).toEqual([]);
  process.stdout.write(
    `${done} updates, ${kills} deaths: badge within ${Math.round(longestBadgeMs)} ms, back within ${Math.round(longestBackMs)} ms\n`,
  );
  await close();
}, 180_000);

test('rows do not move under the pointer: new ones wait behind a button', async () => {
  const { page, close } = await visit(browser, api.url, world.key);
  await page.goto('/jobs');
  await settled(page);
  await page.locator('[data-live="live"]').first().waitFor({ state: 'attached' });
  const before = await shownRows(page);
  await page.locator('[data-row] td').first().hover();
  const made = await world.addJob({ service: 'brand-new' });
  await page.getByRole('button', { name: '1 new job' }).waitFor();
  // The last row may have moved to the next page.
  expect((await shownRows(page)).slice(0, 20)).toEqual(before.slice(0, 20));
  await page.getByRole('button', { name: '1 new job' }).click();
  expect((await shownRows(page))[0]).toBe(`${made.id} Queued`);
  await close();
});

test('a tab that nobody looks at lets go of its connection', async () => {
  const { page, close } = await visit(browser, api.url, world.key);
  await page.clock.install();
  await page.goto('/jobs');
  await settled(page);
  await page.locator('[data-live="live"]').first().waitFor({ state: 'attached' });
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.clock.runFor(16_000);
  await page.locator('[data-live="paused"]').first().waitFor({ state: 'attached' });
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: false });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.locator('[data-live="live"]').first().waitFor({ state: 'attached' });
  await close();
});
