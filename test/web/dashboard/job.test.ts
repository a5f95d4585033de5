import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { poll } from '../../support/poll.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';
import { settled, visit } from './browser.ts';
import { answerLate, watchShifts } from './layout-shift.ts';
import { startDashboard } from './world.ts';

let world: ApiWorld;
let browser: Browser;
let trainedId = '';
let failedId = '';
const startMs = Date.UTC(2026, 2, 1, 9, 30);
const tabs = ['overview', 'log', 'metrics', 'attempts', 'config', 'artifacts'] as const;

/** A job of 200 steps, one every ten seconds, with a loss and an accuracy. */
async function addTrained(): Promise<string> {
  const runner = await world.startRunner({ service: 'curves', config: { epochs: 3 } });
  for (const state of ['preparing', 'provisioning', 'setup', 'running'] as const)
    await world.store.jobs.transition(runner.jobId, state);
  await world.store.attempts.advance(runner.attemptId, 'running', new Date());
  const row = (name: string, step: number, value: number) => ({
    ...{ jobId: runner.jobId, attempt: 1, epoch: null, name, step, value },
    time: new Date(startMs + step * 10_000),
  });
  await world.store.metrics.insert(
    Array.from({ length: 200 }, (_, step) => [
      row('val_perplexity', step, 4 + 1 / (step + 1)),
      row('accuracy', step, step / 200),
    ]).flat(),
  );
  await world.store.systemMetrics.insert(
    Array.from({ length: 200 }, (_, index) => ({
      ...{ jobId: runner.jobId, attempt: 1, at: new Date(startMs + index * 10_000), seconds: 10 },
      values: {
        'training-cpu': [10, 20, 30],
        'machine-cpu': [20, 30, 40],
        'machine-memory': [1e9, 2e9, 2e9],
        'machine-memory-total': [8e9, 8e9, 8e9],
        'gpu-0-use': [0, 3, 5],
      } as const,
    })),
  );
  await world.ship(runner, 'logs?stream=training&offset=0', 'one\ntwo\nthree\n');
  return runner.jobId;
}

/** A job that failed after forty lines of output. */
async function addFailed(): Promise<string> {
  const runner = await world.startRunner({ service: 'broken' });
  const text = Array.from({ length: 40 }, (_, at) => `\u001b[31mline ${at + 1}\u001b[0m\n`).join('');
  await world.ship(runner, 'logs?stream=training&offset=0', text);
  await world.store.attempts.end(
    runner.attemptId,
    { kind: 'failed', exitCode: 1, message: "KeyError: 'tenure'" },
    new Date(),
  );
  for (const state of ['preparing', 'provisioning', 'setup', 'running'] as const)
    await world.store.jobs.transition(runner.jobId, state);
  await world.store.jobs.transition(runner.jobId, 'failed', { message: "KeyError: 'tenure'" });
  return runner.jobId;
}

beforeAll(async () => {
  [world, browser] = await Promise.all([startDashboard(), launchChromium()]);
  [trainedId, failedId] = [await addTrained(), await addFailed()];
}, 60_000);
afterAll(async () => {
  await browser.close();
  await world.close();
});

const open = (page: Page, id: string, rest = '') => page.goto(`/jobs/${id}${rest}`).then(() => settled(page));
const chosen = (page: Page) => page.getByRole('tab', { selected: true }).innerText();

describe('tabs', () => {
  test('are walked with the arrow keys, kept in the address, and come back with Back', async () => {
    const { page, problems, close } = await visit(browser, world.url, world.key);
    await open(page, trainedId);
    expect(await chosen(page)).toBe('Overview');
    await page.getByRole('tab', { name: 'Overview' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/tab=log/);
    await eventually(() => page.evaluate(() => document.activeElement?.textContent), 'Log');
    await page.keyboard.press('End');
    await page.waitForURL(/tab=artifacts/);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/tab=overview/);
    await page.goBack();
    await eventually(() => chosen(page), 'Artifacts');
    await page.reload();
    await settled(page);
    expect(await chosen(page)).toBe('Artifacts');
    expect(problems).toEqual([]);
    await close();
  }, 30_000);

  test.each([
    ['#L2', 'Log'],
    ['?attempt=1', 'Log'],
    ['?x=time', 'Metrics'],
    ['', 'Overview'],
  ])('an address from before the tabs, %j, opens %s', async (rest, tab) => {
    const { page, close } = await visit(browser, world.url, world.key);
    await open(page, trainedId, rest);
    expect(await chosen(page)).toBe(tab);
    if (rest === '#L2') await page.locator('[data-id]', { hasText: 'two' }).waitFor();
    await close();
  });
});

test('a failed job opens on its error and the last 15 lines, which lead to their place in the log', async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await open(page, failedId);
  const wrong = page.getByRole('region', { name: 'What went wrong' });
  expect(await wrong.innerText()).toContain("KeyError: 'tenure'");
  const end = page.getByRole('region', { name: 'Last lines of attempt 1' });
  const lines = Array.from({ length: 15 }, (_, at) => `line ${at + 26}`);
  await eventually(async () => (await end.innerText()).trim().split('\n'), lines);
  const { y = 9999, height = 0 } = (await end.boundingBox()) ?? {};
  expect(y + height).toBeLessThanOrEqual(900);
  await page.getByRole('link', { name: 'Open in the log' }).click();
  await page.waitForURL(/#L26-L40$/);
  await page.locator('[data-id]', { hasText: 'line 40' }).waitFor();
  expect(problems).toEqual([]);
  await close();
}, 30_000);

describe('charts', () => {
  const shown = (page: Page, charts = /^(?:val_perplexity|accuracy): point to read/) =>
    page
      .getByRole('slider', { name: charts })
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-shown')?.split(' ').map(Number) ?? null));

  test('share one zoom in the address: it changes with the axis, and survives a reload and Back', async () => {
    const { page, problems, close } = await visit(browser, world.url, world.key);
    await open(page, trainedId, '?tab=metrics');
    await page.getByRole('figure', { name: 'val_perplexity' }).waitFor();
    const reader = page.getByRole('slider', { name: 'val_perplexity: point to read' });
    await reader.focus();
    await reader.press('Home');
    await reader.press('+');
    await page.waitForURL(/range=/);
    const [first, second] = await poll('the zoom', 5000, async () => {
      const found = await shown(page);
      return found.every((range) => range !== null) ? found : null;
    });
    expect(second).toEqual(first);
    expect(first?.[1]).toBeLessThan(199);

    await page.getByRole('button', { name: 'Clock' }).click();
    await page.waitForURL(/x=time/);
    const clock = await poll('the zoom by the clock', 5000, async () => {
      const [range] = await shown(page);
      return range !== null && range !== undefined && (range[0] ?? 0) > 1e12 ? range : null;
    });
    expect(clock[0]).toBe(startMs);
    expect(clock[1]).toBe(startMs + Math.floor(first?.[1] ?? 0) * 10_000);
    // Charts of the system share the times, and have no steps.
    await eventually(() => shown(page, /^CPU: point to read/), [clock]);
    expect(await page.getByRole('list', { name: 'What stands out' }).innerText()).toBe(
      'GPU 0 idle: 3 % on average over the last 10 min',
    );

    await page.getByRole('button', { name: 'Elapsed' }).click();
    await poll('the zoom by elapsed time', 5000, async () => {
      const [range] = await shown(page);
      return range !== null && range !== undefined && (range[1] ?? 0) - (range[0] ?? 0) === clock[1]! - clock[0]!
        ? range
        : null;
    });
    const before = await shown(page);
    await page.reload();
    await page.getByRole('figure', { name: 'val_perplexity' }).waitFor();
    await eventually(() => shown(page), before);
    await page.getByRole('button', { name: 'Show all', exact: true }).click();
    await eventually(() => shown(page), [null, null]);
    await page.goBack();
    await eventually(() => shown(page), before);
    expect(problems).toEqual([]);
    await close();
  }, 60_000);
});

test.each([
  ['light', 1280],
  ['dark', 320],
] as const)(
  '%s, %d px: every tab is accessible and not wider than the window',
  async (theme, width) => {
    const { page, problems, close } = await visit(browser, world.url, world.key, { theme, width });
    for (const tab of tabs) {
      for (const id of [trainedId, failedId]) {
        await open(page, id, `?tab=${tab}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect([tab, overflow]).toEqual([tab, 0]);
        if (width < 600) await page.setViewportSize({ width, height: 4000 });
        expect([tab, await violations(page)]).toEqual([tab, []]);
        if (width < 600) await page.setViewportSize({ width, height: 844 });
      }
    }
    expect(problems).toEqual([]);
    await close();
  },
  90_000,
);

test('nothing jumps on any tab, also when answers are late and the processor is four times slower', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  const shifts = await watchShifts(page);
  const session = await page.context().newCDPSession(page);
  await answerLate(page, '**/api/v1/**', 150);
  for (const rate of [1, 4]) {
    await session.send('Emulation.setCPUThrottlingRate', { rate });
    for (const tab of tabs)
      for (const id of [trainedId, failedId]) {
        await open(page, id, `?tab=${tab}`);
        const shift = await shifts();
        expect([rate, tab, id === failedId, shift <= 0.05 || shift]).toEqual([rate, tab, id === failedId, true]);
      }
  }
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await close();
}, 120_000);

test('the frame is there before it is known who looks', async () => {
  const { page, close } = await visit(browser, world.url, world.key);
  let answer = (): void => undefined;
  const asked = new Promise<void>((done) => {
    answer = done;
  });
  await page.route('**/api/v1/session', async (route) => {
    await asked;
    await route.continue();
  });
  await page.goto(`/jobs/${trainedId}`, { waitUntil: 'commit' });
  await page.getByRole('link', { name: 'Providers' }).waitFor();
  expect(await page.locator('main [aria-busy="true"]').count()).toBe(1);
  answer();
  await page.getByRole('heading', { level: 1, name: 'curves' }).waitFor();
  await close();
});

test("a control's hint shows for the keyboard and for the pointer, stays under the pointer, and Escape hides it", async () => {
  const { page, problems, close } = await visit(browser, world.url, world.key);
  await page.goto(`/jobs/${trainedId}`);
  const hold = page.getByRole('button', { name: 'Hold' });
  const hint = page.getByText('no new attempts start');
  await hold.waitFor();
  await hold.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await hint.waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await hint.waitFor({ state: 'detached' });
  await hold.hover();
  await hint.waitFor();
  await hint.hover();
  expect(await hint.isVisible()).toBe(true);
  await page.mouse.move(0, 0);
  await hint.waitFor({ state: 'detached' });
  expect(problems).toEqual([]);
  await close();
});

test('JavaScript of each tab: at most 260 kB, with all that every page loads', async () => {
  const sizes: (readonly [string, number])[] = [];
  for (const tab of tabs) {
    const { page, close } = await visit(browser, world.url, world.key);
    await page.goto(`/jobs/${trainedId}?tab=${tab}`, { waitUntil: 'networkidle' });
    await settled(page);
    const bytes = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.js'))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    sizes.push([tab, Math.round(bytes / 1000)]);
    await close();
  }
  process.stdout.write(`JavaScript of the job page: ${sizes.map(([tab, kB]) => `${tab} ${kB} kB`).join(', ')}\n`);
  expect(sizes.every(([, kB]) => kB > 50)).toBe(true);
  expect(sizes.filter(([, kB]) => kB > 260)).toEqual([]);
}, 60_000);
