import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { settled, visit, type Theme } from './browser.ts';
import { routesOf } from './routes.ts';
import { fill, startDashboard } from './world.ts';
import { eventually } from '../harness/eventually.ts';
import { poll } from '../../support/poll.ts';
import { byTurns } from '../../support/share.ts';

let full: ApiWorld;
let empty: ApiWorld;
let browser: Browser;
let jobId = '';
let paidJobId = '';

beforeAll(async () => {
  [full, browser] = await Promise.all([startDashboard(), launchChromium()]);
  empty = await startDashboard();
  await empty.deps.store.events.sequence();
  ({ jobId, paidJobId } = await fill(full));
}, 60_000);
afterAll(async () => {
  await browser.close();
  await Promise.all([full.close(), empty.close()]);
});

const routes = () => routesOf({ jobId, paidJobId });

async function look(page: Page, path: string, title: string): Promise<void> {
  await page.goto(path);
  await settled(page);
  await expect(page.title()).resolves.toBe(title);
  expect(await page.locator('main').count()).toBe(1);
  expect(await page.locator('h1').count()).toBe(1);
}

async function expectAccessible(page: Page, what: string): Promise<void> {
  expect({ what, violations: await violations(page) }).toEqual({ what, violations: [] });
}

/** All combinations of states, themes and screens take minutes, so a run covers both themes and both screens once. */
const everyView: readonly (readonly (readonly [Theme, number])[])[] = [
  [
    ['light', 1280],
    ['dark', 390],
  ],
  [
    ['dark', 1280],
    ['light', 390],
  ],
];
const views = byTurns('views of pages', everyView, 1).flat();
const themes = byTurns('themes of pages', ['light', 'dark'] as const, 1);

test.each(views)(
  '%s, %d px: every page with data',
  async (theme, width) => {
    const { page, problems, close } = await visit(browser, full.url, full.key, { theme, width });
    for (const [path, title] of routes()) {
      await look(page, path, title);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([path, overflow]).toEqual([path, 0]);
      // On a phone, covered content can be scrolled out from under the bars; at this height no content is covered.
      if (width < 600) await page.setViewportSize({ width, height: 4000 });
      await expectAccessible(page, path);
      if (width < 600) await page.setViewportSize({ width, height: 844 });
    }
    expect(problems).toEqual([]);
    await close();
  },
  60_000,
);

test('what is billed and not wanted is shown on two pages, with its reason, cost and last error', async () => {
  const { page, problems, close } = await visit(browser, full.url, full.key, { theme: 'light' });
  for (const path of ['/', '/providers']) {
    await page.goto(path);
    const card = page.getByRole('region', { name: 'Orphaned instances' });
    await card.waitFor();
    const text = await card.innerText();
    for (const part of [
      'i-4711',
      'The provider does not end it',
      'The cloud answered 503.',
      'i-4712',
      'Grace period until',
    ])
      expect(text).toContain(part);
  }
  await page.goto('/');
  await page.getByText('Orphaned instance ·').first().waitFor();
  expect(problems).toEqual([]);
  await close();
});

test('what a job has cost: in the list, in all, by attempt and by segment; the launches that were refused; nothing where all of it was free', async () => {
  const { page, problems, close } = await visit(browser, full.url, full.key, { theme: 'light' });
  await page.goto('/jobs');
  await page.getByRole('columnheader', { name: 'Cost' }).waitFor();
  expect(await page.getByRole('row', { name: /paid/ }).innerText()).toContain('$1.50');
  await page.goto(`/jobs/${paidJobId}`);
  const summary = page.getByRole('region', { name: 'Summary' });
  await summary.waitFor();
  expect(await summary.innerText()).toMatch(/Cost\s+\$1\.50/);
  await page.getByRole('tab', { name: 'Attempts' }).click();
  const lane = page.getByRole('row', { name: /^attempt 1, preempted/ });
  await lane.waitFor();
  expect(await lane.innerText()).toContain('$1.50');
  expect(await page.getByRole('row', { name: /^attempt 2, failed/ }).innerText()).toContain('free');
  await lane.getByRole('gridcell').first().hover();
  await page.getByText('Started because: the cheapest offer').waitFor();
  await page.getByText('Ended: The provider took it back.').waitFor();
  const refused = await page.getByRole('region', { name: 'Refused launches' }).innerText();
  for (const part of [
    '2 offers',
    'simulated eu-north-a gpu-1 spot',
    'stockout, 2 times',
    'stockout, 1 time,',
    'no gpu-1 is left',
  ])
    expect(refused).toContain(part);
  await page.goto(`/jobs/${jobId}?tab=attempts`);
  await page.getByRole('grid', { name: 'Attempts over time' }).waitFor();
  expect(await page.locator('main').innerText()).not.toContain('$');
  expect(problems).toEqual([]);
  await close();
});

test.each(themes)(
  '%s: every page without data',
  async (theme) => {
    const { page, problems, close } = await visit(browser, empty.url, empty.key, { theme });
    for (const [path, title] of routes().filter(([one]) => !/^\/(?:jobs|models)\/|no\/such/.test(one))) {
      await look(page, path, title);
      await expectAccessible(page, `${path} empty`);
    }
    expect(problems).toEqual([]);
    await close();
  },
  60_000,
);

test('alerts that cannot be told are asked for again now and then, and the page below stands still', async () => {
  const { page, close } = await visit(browser, full.url, full.key);
  await page.clock.install();
  let asked = 0;
  await page.route('**/api/v1/instances/unresolved', (route) => {
    asked += 1;
    return route.fulfill({ status: 500, contentType: 'application/problem+json', json: {} });
  });
  for (const path of ['/', '/providers']) {
    await page.goto(path);
    await page.getByRole('alert').first().waitFor();
    await settled(page);
    await page.evaluate(() => document.querySelector('main section')?.setAttribute('data-first', ''));
    const before = asked;
    await page.clock.runFor(4000);
    expect([path, asked - before]).toEqual([path, 0]);
    expect(await page.locator('[data-first]').count()).toBe(1);
    await page.clock.runFor(10_000);
    await poll('another try', 5000, () => (asked > before ? true : null));
    expect(await page.locator('[data-first]').count()).toBe(1);
  }
  await close();
}, 60_000);

/** Pages that show answers of the API. */
const routesOfApi = () => routes().filter(([path]) => !path.startsWith('/no/') && !path.startsWith('/help'));

describe.each(themes)('%s: an API that', (theme) => {
  test('fails: each page says what, gives the request’s id, and recovers with Retry', async () => {
    const { page, problems, close } = await visit(browser, full.url, full.key, { theme });
    for (const [path] of routesOfApi()) {
      await page.route('**/api/v1/**', (route) => {
        if (/\/(?:session|platform)$/.test(new URL(route.request().url()).pathname)) return route.continue();
        const problem = {
          ...{
            type: 'urn:artenic:error:internal',
            title: 'Internal error',
            status: 500,
            detail: 'Its log has it.',
          },
          correlationId: 'request-4711',
        };
        const headers = { 'x-correlation-id': 'request-4711' };
        return route.fulfill({ status: 500, contentType: 'application/problem+json', headers, json: problem });
      });
      await page.goto(path);
      await page.getByRole('alert').first().waitFor();
      expect(await page.locator('main').innerText()).toContain('request-4711');
      await expectAccessible(page, `${path} failing`);
      await page.unroute('**/api/v1/**');
      if (theme === 'dark') continue;
      while ((await page.getByRole('button', { name: 'Retry' }).count()) > 0)
        await page
          .getByRole('button', { name: 'Retry' })
          .first()
          .click({ timeout: 1000 })
          .catch(() => undefined);
      await settled(page);
      expect(await page.getByRole('alert').count()).toBe(0);
    }
    expect(problems).toEqual([]);
    await close();
  }, 90_000);

  test('is slow: each page shows where things will be', async () => {
    const { page, close } = await visit(browser, full.url, full.key, { theme });
    await page.route('**/api/v1/**', (route) => {
      if (/\/(?:session|platform)$/.test(new URL(route.request().url()).pathname)) return route.continue();
      return undefined;
    });
    for (const [path, title] of routesOfApi()) {
      await page.goto(path);
      await page.locator('h1').waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor();
      expect(title.split(' ')[0]).toBe((await page.title()).split(' ')[0]);
      await expectAccessible(page, `${path} loading`);
    }
    await close();
  }, 60_000);
});

test('answers that are no answers are errors, not blank pages', async () => {
  const { page, close } = await visit(browser, full.url, full.key);
  const answers = [
    { status: 403, body: '' },
    { status: 404, body: '<html>' },
    { status: 429, body: '{}' },
    { status: 200, body: '{"items":' },
    { status: 200, body: '[]' },
  ];
  for (const { status, body } of answers) {
    await page.route('**/api/v1/providers', (route) => route.fulfill({ status, body }));
    await page.goto('/providers');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Retry' }).count()).toBe(1);
    await page.unroute('**/api/v1/providers');
  }
  await close();
});

test('what names hold is text', async () => {
  const { page, close } = await visit(browser, full.url, full.key);
  await page.goto(`/jobs/${jobId}`);
  await page.getByText('team: <b>growth</b>').waitFor();
  await close();
});

describe('by keyboard', () => {
  test('the skip link comes first, and every change of page begins at its heading', async () => {
    const { page, close } = await visit(browser, full.url, full.key);
    await page.goto('/');
    await settled(page);
    await page.keyboard.press('Tab');
    await eventually(() => page.evaluate(() => document.activeElement?.textContent), 'Skip to content');
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate(() => document.activeElement?.tagName), 'MAIN');
    for (const [keys, heading] of [
      ['gj', 'Training'],
      ['gm', 'Models'],
      ['gp', 'Playground'],
      ['gr', 'Providers'],
      ['go', 'Overview'],
    ] as const) {
      for (const key of keys) await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.waitForFunction((name) => document.activeElement?.textContent === name, heading);
    }
    await close();
  });

  test('rows, filter, sheet and dialog; typing triggers nothing, and shortcuts can be turned off', async () => {
    const { page, close } = await visit(browser, full.url, full.key);
    await page.goto('/jobs');
    await settled(page);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await page.keyboard.press('j');
    await eventually(() => focused(), 'penguins #1');
    await page.keyboard.press('j');
    await eventually(() => focused(), 'demand #1');
    await page.keyboard.press('k');
    await page.keyboard.press('/');
    await page.keyboard.type('fraud');
    await page.waitForURL(/search=fraud/);
    await page.waitForFunction(() => document.querySelectorAll('[data-row]').length === 1);
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('[data-row]').length === 1);
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await expectAccessible(page, 'shortcuts');
    await page.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('n');
    expect(page.url()).not.toContain('/jobs/new');
    await close();
  });
});

test.each(['light', 'dark'] as const)(
  '%s: dialogs and menus are accessible, and give the focus back',
  async (theme) => {
    const { page, problems, close } = await visit(browser, full.url, full.key, { theme });
    await page.goto('/jobs');
    await settled(page);
    await page.getByRole('link', { name: 'Dispatch job' }).click();
    await page.getByRole('button', { name: 'Dispatch', exact: true }).click();
    await page.getByText('fields need your attention').waitFor();
    for (const title of ['Environment', 'Limits and retries', 'Results'])
      await page.locator('summary', { hasText: title }).click();
    await expectAccessible(page, 'dispatch');
    await page.getByRole('button', { name: 'YAML', exact: true }).click();
    await page.getByRole('textbox', { name: 'Job file' }).waitFor();
    await expectAccessible(page, 'dispatch as YAML');
    const dialog = page.getByRole('dialog');
    await page.goto(`/jobs/${jobId}`);
    await page.getByRole('button', { name: 'Cancel job' }).click();
    await dialog.waitFor();
    await expectAccessible(page, 'cancel');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'Cancel job');
    await page.goto('/models/penguins?version=3');
    await page.getByRole('button', { name: 'Retire' }).click();
    await expectAccessible(page, 'retire');
    expect(await dialog.getByRole('button', { name: 'Retire' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    await expectAccessible(page, 'menu');
    expect(problems).toEqual([]);
    await close();
  },
  60_000,
);

test('a chosen theme is there at the first paint', async () => {
  const { page, close } = await visit(browser, full.url, full.key, { theme: 'light' });
  await page.goto('/');
  await settled(page);
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  await eventually(() => page.evaluate(() => document.documentElement.dataset['theme']), 'dark');
  await page.route('**/assets/*.js', () => undefined);
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
  await close();
});

type Load = { readonly bytes: number; readonly lcpMs: number };
async function load(path: string, key: string | null): Promise<Load> {
  const { page, close } = await visit(browser, full.url, key);
  await page.addInitScript(() => {
    const seen = globalThis as unknown as { lcpMs: number };
    seen.lcpMs = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.lcpMs = entry.startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
  });
  await page.goto(path, { waitUntil: 'networkidle' });
  await settled(page);
  await page.waitForFunction(() => (globalThis as unknown as { lcpMs: number }).lcpMs > 0);
  const loaded = await page.evaluate(() => ({
    bytes: performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.js'))
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    lcpMs: (globalThis as unknown as { lcpMs: number }).lcpMs,
  }));
  await close();
  return loaded;
}

test('the first load fits its budget of 200 kB of JavaScript, and shows its largest content nearly as soon as the page for signing in', async () => {
  // Other tests share the processor, so the best of several tries measures the page.
  const tries: (readonly [Load, Load])[] = [];
  for (let index = 0; index < 3; index += 1) {
    tries.push([await load('/', full.key), await load('/sign-in', null)]);
  }
  const bytes = Math.max(...tries.map(([dashboard]) => dashboard.bytes));
  const [lcpMs, signInMs] = ([0, 1] as const).map((side) => Math.min(...tries.map((pair) => pair[side].lcpMs)));
  process.stdout.write(
    `first load ${Math.round(bytes / 1000)} kB of JavaScript, LCP ${lcpMs?.toFixed(0)} ms, of the page for signing in ${signInMs?.toFixed(0)} ms\n`,
  );
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(200_000);
  expect((lcpMs ?? 0) / (signInMs ?? 0)).toBeLessThanOrEqual(4);
}, 60_000);

test('no browser has reported a broken policy', async () => {
  for (const world of [full, empty])
    expect((await world.call('GET', '/metrics')).text).toContain('artenic_csp_reports_total 0');
});

test('the page holds no script or style of its own', () => {
  const html = readFileSync(new URL('../../../web/dist/index.html', import.meta.url), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/);
});
