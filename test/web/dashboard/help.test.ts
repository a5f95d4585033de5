import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';
import { settled, visit } from './browser.ts';
import { watchShifts } from './layout-shift.ts';
import { fill, startDashboard } from './world.ts';

let empty: ApiWorld;
let full: ApiWorld;
let browser: Browser;
let jobId = '';

beforeAll(async () => {
  [full, browser] = await Promise.all([startDashboard(), launchChromium()]);
  empty = await startDashboard();
  await fill(full);
  const ended = await full.addJob({ service: 'penguins' });
  for (const state of ['preparing', 'provisioning', 'setup', 'running', 'collecting', 'succeeded'] as const)
    await full.store.jobs.transition(ended.id, state);
  jobId = ended.id;
}, 90_000);
afterAll(async () => {
  await browser.close();
  await Promise.all([full.close(), empty.close()]);
});

const note = (page: Page) => page.getByRole('dialog');
const pathOf = (page: Page): string => new URL(page.url()).pathname;

/** Whether the note and the marked element are in the window, and neither is over the other. */
function isClear(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const marked = document.querySelector('[data-tour-marked]')?.getBoundingClientRect();
    const shown = document.querySelector('[role="dialog"]')?.getBoundingClientRect();
    if (marked === undefined || shown === undefined) return false;
    const isApart =
      shown.bottom <= marked.top ||
      shown.top >= marked.bottom ||
      shown.right <= marked.left ||
      shown.left >= marked.right;
    const centre = document.elementFromPoint(marked.left + marked.width / 2, marked.top + marked.height / 2);
    const isSeen = centre?.closest('[data-tour-marked]') !== null;
    return (
      isApart && isSeen && shown.left >= 0 && shown.right <= innerWidth && shown.top >= 0 && shown.bottom <= innerHeight
    );
  });
}

test.each([1280, 390])(
  'at %d px the tour shows five real places, by keyboard, and covers none of them',
  async (width) => {
    const { page, problems, close } = await visit(browser, full.url, full.key, { width, isFirstVisit: true });
    const shiftOf = await watchShifts(page);
    await page.goto('/');
    const paths: string[] = [];
    for (let step = 1; step <= 5; step += 1) {
      await note(page).getByText(`Step ${step} of 5`).waitFor();
      await eventually(() => isClear(page), true);
      await eventually(() => page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null), true);
      expect(await note(page).getAttribute('aria-labelledby')).not.toBeNull();
      paths.push(pathOf(page));
      if (step === 2 && width > 1000) expect(await violations(page)).toEqual([]);
      expect([step, await shiftOf()]).toEqual([step, expect.closeTo(0, 1)]);
      await page.keyboard.press('Enter');
    }
    expect(paths).toEqual(['/', `/jobs/${jobId}`, '/models/penguins', '/playground', '/providers']);
    await note(page).waitFor({ state: 'detached' });
    await page.goto('/');
    await settled(page);
    await page.getByRole('button', { name: 'Help' }).click();
    expect(await note(page).count()).toBe(0);
    await page.getByRole('menuitem', { name: 'Tour' }).click();
    await note(page).getByText('Step 1 of 5').waitFor();
    expect(problems).toEqual([]);
    await close();
  },
  60_000,
);

test('a skipped tour does not come back, and leaving its page ends it', async () => {
  const { page, close } = await visit(browser, full.url, full.key, { isFirstVisit: true });
  await page.goto('/models');
  await settled(page);
  expect(await note(page).count()).toBe(0);
  await page.goto('/');
  await note(page).waitFor();
  await page.keyboard.press('Escape');
  await note(page).waitFor({ state: 'detached' });
  await page.reload();
  await settled(page);
  await page.getByRole('button', { name: 'Help' }).click();
  expect(await note(page).count()).toBe(0);
  await page.getByRole('menuitem', { name: 'Tour' }).click();
  await note(page).waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Training' }).click();
  await note(page).waitFor({ state: 'detached' });
  expect(pathOf(page)).toBe('/jobs');
  await close();
}, 60_000);

test('on an empty installation the tour leads to dispatch', async () => {
  const { page, problems, close } = await visit(browser, empty.url, empty.key, { isFirstVisit: true });
  await page.goto('/');
  for (let step = 1; step <= 4; step += 1) {
    await note(page).getByText(`Step ${step} of 5`).waitFor();
    await note(page).getByRole('button', { name: 'Next' }).click();
  }
  await note(page).getByRole('button', { name: 'Dispatch a job' }).click();
  await page.getByRole('heading', { name: 'Dispatch job' }).waitFor();
  expect(problems).toEqual([]);
  await close();
}, 60_000);

test('the documentation is part of the dashboard: found by title, from each page, and from an error', async () => {
  const { page, problems, close } = await visit(browser, full.url, full.key);
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(full.url)) elsewhere.push(request.url());
  });
  await page.goto('/help');
  await page.getByRole('searchbox', { name: 'Search titles' }).fill('expired');
  await page.getByText('No title contains “expired”').waitFor();
  await page.getByRole('searchbox', { name: 'Search titles' }).fill('temporary');
  await page
    .getByRole('list', { name: 'Found' })
    .getByRole('link', { name: /Temporary error/ })
    .click();
  await page.waitForURL('**/help/troubleshooting#temporary-error');
  await eventually(() => page.evaluate(() => document.activeElement?.id), 'temporary-error');
  for (const [from, link, to] of [
    ['/providers', 'About providers', 'providers'],
    ['/jobs', 'About jobs', 'training'],
  ] as const) {
    await page.goto(from);
    await page.getByRole('link', { name: link }).click();
    await page.waitForURL(`**/help/dashboard#${to}`);
    await eventually(() => page.evaluate((id) => document.getElementById(id)?.tagName, to), 'H2');
  }
  const problem = {
    type: 'urn:artenic:error:unavailable',
    title: 'Away',
    status: 503,
    detail: 'Away.',
    correlationId: 'c',
  };
  await page.route('**/api/v1/models/penguins/versions*', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  );
  await page.goto('/models/penguins');
  await page.getByRole('alert').getByRole('link', { name: 'What this means' }).click();
  await page.waitForURL('**/help/troubleshooting#temporary-error');
  expect([elsewhere, problems]).toEqual([[], []]);
  await close();
}, 60_000);
