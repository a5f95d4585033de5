import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SavedView } from '@artenic/core';
import type { Browser, Page } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';
import { settled, visit } from './browser.ts';
import { startDashboard } from './world.ts';

let world: ApiWorld;
let browser: Browser;
const manyJobs = 60;

/** A job that has succeeded with a metric, one that has failed with its last line, an open one on spot, many others. */
async function fill(): Promise<void> {
  const { jobs, metrics } = world.store;
  for (let more = 0; more < manyJobs; more += 1)
    await world.addJob({ service: 'sweep', name: `lr=${more}`, labels: { team: 'risk' } });
  const good = await world.addJob({ service: 'pricing', name: 'epochs=3', labels: { team: 'growth' } });
  await metrics.insert([
    { jobId: good.id, attempt: 1, epoch: null, step: 7, time: new Date(), name: 'accuracy', value: 0.9375 },
  ]);
  for (const state of ['preparing', 'provisioning', 'setup', 'running', 'collecting', 'succeeded'] as const)
    await jobs.transition(good.id, state);
  const bad = await world.addJob({ service: 'pricing', name: 'epochs=9', labels: { team: 'growth', kind: 'b' } });
  const message = `The command ended with exit code 1. Its log ends with: KeyError: 'customer_tenure_days'`;
  await jobs.transition(bad.id, 'failed', { message });
  await world.addJob({ service: 'churn', name: 'depth=4', placement: { providers: ['simulated'], mode: 'spot' } });
}

beforeAll(async () => {
  [world, browser] = await Promise.all([startDashboard(), launchChromium()]);
  await fill();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await world.close();
});

const names = (page: Page) => page.locator('[data-row] a.font-medium').allInnerTexts();
const head = (page: Page, name: string) => page.getByRole('columnheader', { name });
const heads = async (page: Page) => (await page.getByRole('columnheader').allInnerTexts()).map((text) => text.trim());

test('filters, order and columns are in the address, which a reload and the way back restore', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/jobs');
  await settled(page);
  await page.getByRole('link', { name: 'team: growth' }).first().click();
  await eventually(() => names(page), ['epochs=9', 'epochs=3']);
  await head(page, 'Job').getByRole('button').click();
  await eventually(() => names(page), ['epochs=3', 'epochs=9']);
  await eventually(() => head(page, 'Job').getAttribute('aria-sort'), 'ascending');
  await eventually(() => page.evaluate(() => document.activeElement?.textContent), 'Job');
  await page.keyboard.press('Enter');
  await eventually(() => names(page), ['epochs=9', 'epochs=3']);
  await page.getByRole('button', { name: 'Filters 1' }).click();
  const panel = page.getByRole('region', { name: 'More filters' });
  await panel.getByLabel('Label').fill('kind');
  await page.keyboard.press('Enter');
  await panel.getByText('Write it as key=value').waitFor();
  await panel.getByLabel('Label').fill('kind=b');
  await page.keyboard.press('Enter');
  await eventually(() => names(page), ['epochs=9']);
  await panel.getByLabel('From day (UTC)').fill('2020-01-01');
  await page.getByRole('button', { name: 'Remove the filter since 2020-01-01' }).waitFor();
  expect(await violations(page)).toEqual([]);
  const full = page.url();
  await page.reload();
  await settled(page);
  expect(page.url()).toBe(full);
  expect(await names(page)).toEqual(['epochs=9']);
  for (let back = 0; back < 3; back += 1) await page.goBack();
  await eventually(() => names(page), ['epochs=3', 'epochs=9']);
  await page.goForward();
  await eventually(() => names(page), ['epochs=9', 'epochs=3']);
  await page.goto(full);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await eventually(async () => (await names(page)).length, 50);
  expect(problems).toEqual([]);
  await close();
}, 40_000);

test('an outcome is the result or the error itself; provider, market and user filter', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  await page.goto('/jobs?columns=outcome,metric,gone,market,user');
  await settled(page);
  expect(await heads(page)).toEqual(['Job', 'Outcome', 'Best metric', 'Market', 'Submitted by']);
  const failed = page.getByRole('row', { name: /epochs=9/ });
  expect(await failed.innerText()).toContain(`KeyError: 'customer_tenure_days'`);
  expect(await failed.innerText()).not.toContain('exit code');
  expect(await page.getByRole('row', { name: /epochs=3/ }).innerText()).toMatch(/accuracy 0\.9375/);
  await page.getByRole('link', { name: 'spot' }).click();
  await eventually(() => names(page), ['depth=4']);
  await page.getByRole('link', { name: 'someone' }).click();
  await page.waitForURL((url) => url.searchParams.get('by') === 'someone');
  await close();
}, 30_000);

test('columns are chosen and ordered, and the browser keeps them', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/jobs?search=epochs');
  await settled(page);
  await page.getByRole('button', { name: 'Columns' }).click();
  const menu = page.getByRole('dialog', { name: 'Columns of the table' });
  for (const name of ['Outcome', 'Labels', 'Duration', 'Recoveries', 'Provider', 'Cost'])
    await menu.getByRole('checkbox', { name, exact: true }).uncheck();
  await menu.getByRole('checkbox', { name: 'Best metric' }).check();
  await menu.getByRole('button', { name: 'Move Best metric up' }).click();
  await eventually(() => heads(page), ['Job', 'State', 'Best metric', 'Submitted']);
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.reload();
  await settled(page);
  expect(await heads(page)).toEqual(['Job', 'State', 'Best metric', 'Submitted']);
  await page.getByRole('button', { name: 'Columns' }).click();
  await menu.getByRole('button', { name: 'Restore the usual columns' }).click();
  await eventually(async () => (await heads(page)).includes('Outcome'), true);
  expect(problems).toEqual([]);
  await close();
}, 30_000);

test('a view keeps filters, order and columns: saved, applied, shared, renamed and deleted', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto('/jobs?service=pricing&sort=name&columns=cost,state');
  await settled(page);
  const open = () => page.getByRole('button', { name: 'Views' }).click();
  const menu = page.getByRole('dialog', { name: 'Saved views' });
  await open();
  await menu.getByText('A view keeps the filters').waitFor();
  await menu.getByRole('textbox', { name: 'Name of a new view' }).fill('Prices');
  await page.keyboard.press('Enter');
  await menu.getByRole('link', { name: 'Prices (shown)' }).waitFor();
  await menu.getByRole('textbox', { name: 'Name of a new view' }).fill('Prices');
  await page.keyboard.press('Enter');
  await menu.getByRole('alert').waitFor();
  await menu.getByRole('button', { name: 'Rename Prices' }).click();
  await menu.getByRole('textbox', { name: 'New name of Prices' }).fill('Dear');
  await page.keyboard.press('Enter');
  const link = menu.getByRole('link', { name: 'Dear' });
  await link.waitFor();
  expect(await violations(page)).toEqual([]);
  await page.goto('/jobs');
  await settled(page);
  await open();
  await link.click();
  await eventually(() => names(page), ['epochs=3', 'epochs=9']);
  expect(await heads(page)).toEqual(['Job', 'Cost', 'State']);
  // A column that a later version no longer has is left out.
  const [saved] = (await world.call('GET', '/api/v1/views')).json<{ items: SavedView[] }>().items;
  const { id = '', query = '' } = saved ?? {};
  const body = { page: 'jobs', name: 'Dear', query: `${query}&colour=blue`, columns: ['gone', 'state'] };
  await world.call('PUT', `/api/v1/views/${id}`, { body });
  await page.goto('/jobs');
  await settled(page);
  await open();
  await link.click();
  await eventually(() => heads(page), ['Job', 'State']);
  await open();
  await menu.getByRole('button', { name: 'Delete Dear' }).click();
  await menu.getByRole('button', { name: 'Delete', exact: true }).click();
  await link.waitFor({ state: 'detached' });
  expect(problems).toEqual([]);
  await close();
}, 40_000);

test('the list as it is filtered and ordered is downloaded as CSV', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  await page.goto('/jobs?service=pricing&sort=name');
  await settled(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as CSV' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/);
  expect(lines.map((line) => line.split(',')[1])).toEqual(['name', 'epochs=3', 'epochs=9']);
  await close();
}, 30_000);

test('all open jobs that match are cancelled in one request, and what is refused is shown', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  const bodies: { readonly ids: readonly string[] }[] = [];
  const keys = new Set<string | undefined>();
  await page.route('**/api/v1/jobs/cancel', async (route) => {
    const request = route.request();
    bodies.push(request.postDataJSON() as { readonly ids: readonly string[] });
    keys.add(request.headers()['idempotency-key']);
    // The answer of the first try is lost on its way.
    if (bodies.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.goto('/jobs?service=sweep');
  await settled(page);
  const bar = page.getByRole('region', { name: 'Selected jobs' });
  await page.getByRole('checkbox', { name: 'Select all rows' }).check();
  await bar.getByText('50 selected').waitFor();
  await bar.getByRole('button', { name: 'Select all open jobs that match' }).click();
  await bar.getByText(`${manyJobs} selected`).waitFor();
  await bar.getByRole('button', { name: `Cancel ${manyJobs} open` }).click();
  // It ends between the question and the answer.
  const [ended] = (await world.store.jobs.list({ projectId: 'default', service: 'sweep', limit: 1 })).items;
  await world.store.jobs.transition(ended?.id ?? '', 'failed', { message: 'It ended by itself.' });
  const dialog = page.getByRole('dialog', { name: `Cancel ${manyJobs} jobs?` });
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: `Cancel ${manyJobs} jobs` }).click();
  await dialog.getByRole('alert').waitFor({ timeout: 60_000 });
  await dialog.getByRole('button', { name: 'Retry' }).click();
  const result = page.getByRole('dialog', { name: 'Not all jobs were cancelled' });
  await result.getByText(`Cancelling ${manyJobs - 1} jobs. Refused: 1 job.`).waitFor();
  expect(await result.getByRole('list', { name: 'Refused' }).innerText()).toContain(ended?.name);
  expect(bodies.map(({ ids }) => new Set(ids).size)).toEqual([manyJobs, manyJobs]);
  expect(keys.size).toBe(1);
  await result.getByRole('button', { name: 'Close' }).first().click();
  await bar.waitFor({ state: 'detached' });
  await page.goto('/jobs?service=sweep&sort=name');
  await page.getByText('Cancelling').first().waitFor();
  expect(problems).toEqual([]);
  await close();
}, 120_000);

describe('the palette', () => {
  const openPalette = async (page: Page) => {
    await page.keyboard.press('Control+k');
    return page.getByRole('dialog', { name: 'Search and actions' });
  };
  const option = (page: Page, name: string) => page.getByRole('option', { name });

  test('three characters of the shown id and Enter lead to a job, from any page, however fast they are typed', async () => {
    const { page, problems, close } = await visit(browser, world.url, world.key);
    const [job] = (await world.store.jobs.list({ projectId: 'default', service: 'churn', limit: 1 })).items;
    const shown = job?.id.slice(-8) ?? '';
    for (const path of ['/', '/models', '/providers', '/jobs?search=epochs']) {
      await page.goto(path);
      await settled(page);
      await page.keyboard.press('Control+k');
      for (const key of shown.slice(0, 3)) await page.keyboard.press(key);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'depth=4' }).waitFor();
    }
    expect(problems).toEqual([]);
    await close();
  }, 40_000);

  test('recent objects, pages and actions of the page; the last text is the one that is answered', async () => {
    const { page, problems, close } = await visit(browser, world.url, world.key);
    const [job] = (await world.store.jobs.list({ projectId: 'default', service: 'churn', limit: 1 })).items;
    await page.goto(`/jobs/${job?.id}`);
    await settled(page);
    await page.getByRole('button', { name: 'Cancel job' }).waitFor();
    const dialog = await openPalette(page);
    await option(page, 'Cancel this job').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.type('cancel');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Cancel this job?' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('[role=dialog]') !== null);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await openPalette(page);
    await dialog.getByRole('group', { name: 'Recent' }).getByRole('option', { name: 'depth=4' }).waitFor();
    // The answer of the first text comes after that of the second one.
    let hold = () => {};
    const held = new Promise<void>((done) => {
      hold = done;
    });
    await page.route('**/api/v1/search?q=swe&*', async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await Promise.all([page.waitForRequest(/q=swe&/), page.keyboard.type('swe')]);
    for (let letter = 0; letter < 3; letter += 1) await page.keyboard.press('Backspace');
    await page.keyboard.type('chu');
    await option(page, 'churn').first().waitFor();
    hold();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/jobs' && url.searchParams.get('service') === 'churn');
    await openPalette(page);
    await page.keyboard.type('zzz');
    await dialog.getByText('No results').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await openPalette(page);
    await page.keyboard.type('dark');
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate(() => document.documentElement.dataset['theme']), 'dark');
    expect(problems).toEqual([]);
    await close();
  }, 40_000);

  test('it is turned off with the other shortcuts, and on a phone it has a button', async () => {
    const { page, close } = await visit(browser, world.url, world.key, { theme: 'dark', width: 320 });
    await page.goto('/');
    await settled(page);
    await page.evaluate(() => localStorage.setItem('artenic.shortcuts', 'off'));
    const dialog = await openPalette(page);
    await page.keyboard.press('g');
    expect(await dialog.count()).toBe(0);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await dialog.waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Search');
    await close();
  }, 30_000);
});

test('rows by J and K on pages with lists, and the slash to the search of a log', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  const [job] = (await world.store.jobs.list({ projectId: 'default', service: 'churn', limit: 1 })).items;
  await world.openAttempt(job?.id ?? '');
  await page.goto('/');
  await settled(page);
  await page.keyboard.press('j');
  await page.waitForFunction(() => document.activeElement?.closest('[data-row]') !== null);
  const first = await page.evaluate(() => document.activeElement?.closest('[data-row]')?.getAttribute('data-row'));
  await page.keyboard.press('j');
  await page.waitForFunction(
    (before) => document.activeElement?.closest('[data-row]')?.getAttribute('data-row') !== before,
    first,
  );
  await page.goto(`/jobs/${job?.id}`);
  await settled(page);
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label')?.startsWith('Search the log'));
  await close();
}, 30_000);
