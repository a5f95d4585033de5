import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { LogLines } from '../../../web/src/features/logs/log-lines.ts';
import { startHarness, violations, type Harness } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';

type Globals = { readonly lines: LogLines; isOver: boolean };

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
}, 60_000);
afterAll(async () => {
  await harness.close();
});

async function append(page: Page, text: string, source: 'setup' | 'training' = 'training'): Promise<void> {
  await page.evaluate(([from, what]) => (globalThis as unknown as Globals).lines.append(from, what), [
    source,
    text,
  ] as const);
}

const numbered = (from: number, count: number): string =>
  Array.from({ length: count }, (_, at) => `step ${from + at} loss ${(1 / (from + at)).toFixed(6)}\n`).join('');
const rowWith = (page: Page, text: string) => page.locator('[data-id]', { hasText: text });
const scrollTop = (page: Page): Promise<number> => page.getByRole('log').evaluate((element) => element.scrollTop);

async function usedHeapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

describe('flood', () => {
  test('of 2,000 lines a second behind 100,000 is followed within 30 frames, in 80 MB', async () => {
    const { page, problems } = await harness.open('logs');
    const before = await usedHeapBytes(page);
    await append(page, numbered(1, 100_000));
    await rowWith(page, 'step 100000 ').waitFor();
    await page.getByRole('searchbox').fill('step 1000');
    await page.getByText(/^1 of/).first().waitFor();
    await page.getByRole('button', { name: 'Jump to latest' }).click();
    const { lags, announced, tookMs } = await page.evaluate(async () => {
      const { lines } = globalThis as unknown as Globals;
      const announced: string[] = [];
      for (const region of document.querySelectorAll('[role=status]')) {
        const told = (): unknown => announced.push(region.textContent ?? '');
        new MutationObserver(told).observe(region, { childList: true, characterData: true, subtree: true });
      }
      let frame = 0;
      const appendedIn: number[] = [];
      const seen: number[] = [];
      const first = 100_001;
      let next = first;
      const startMs = performance.now();
      const timer = setInterval(() => {
        const due = Math.floor(((performance.now() - startMs) / 1000) * 2000);
        let text = '';
        for (; next - first < due; next++) {
          text += `\u001b[36mstep\u001b[0m ${next} loss ${Math.random().toFixed(6)} of a line that is as long as they are\n`;
          appendedIn[next - first] = frame;
        }
        lines.append('training', text);
      }, 20);
      let shown = first - 1;
      while (performance.now() - startMs < 6000) {
        await new Promise(requestAnimationFrame);
        frame++;
        const rows = document.querySelectorAll('[data-id]');
        const newest = Number(/step (\d+)/.exec(rows[rows.length - 1]?.textContent ?? '')?.[1] ?? 0);
        for (let line = shown + 1; line <= newest; line++) seen.push(frame - (appendedIn[line - first] ?? 0));
        shown = Math.max(shown, newest);
      }
      clearInterval(timer);
      return { lags: seen, announced, tookMs: performance.now() - startMs };
    });
    const growth = ((await usedHeapBytes(page)) - before) / 1e6;
    process.stdout.write(
      `log flood: ${lags.length} lines, lag at most ${Math.max(...lags)} frames, heap +${growth.toFixed(1)} MB\n`,
    );
    expect(lags.length).toBeGreaterThan(10_000);
    expect(Math.max(...lags)).toBeLessThanOrEqual(30);
    expect(growth).toBeLessThan(80);
    // Two live regions, each with an initial message and then at most one message in five seconds.
    expect(announced.length).toBeLessThanOrEqual(2 * (1 + Math.floor(tookMs / 5000)));
    expect(announced.some((said) => /^[\d,]+ new lines$/.test(said))).toBe(true);
    expect(await page.locator('[data-id]').count()).toBeLessThan(150);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('does not take the place from a reader who scrolled up', async () => {
    const { page } = await harness.open('logs');
    await append(page, numbered(1, 5000));
    await rowWith(page, 'step 5000 ').waitFor();
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -2000);
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    await page.waitForFunction(
      () =>
        document.querySelector('[role=log]')?.scrollTop ===
        5000 * 20 + 8 - (document.querySelector('[role=log]')?.clientHeight ?? 0) - 2000,
    );
    const place = await scrollTop(page);
    await append(page, numbered(5001, 3000));
    await page.getByRole('button', { name: 'Jump to latest 3,000 new' }).click();
    await rowWith(page, 'step 8000 ').waitFor();
    expect(await scrollTop(page)).toBeGreaterThan(place + 3000 * 20);
    await page.context().close();
  }, 30_000);
});

test('a reader keeps the place while older lines go, and through filters and wrapping', async () => {
  const { page } = await harness.open('logs', { maxLines: 2000 });
  await append(page, numbered(1, 1900).replaceAll(/(step \d*[05] .*)/g, `INFO $1 ${'and more '.repeat(40)}`));
  await rowWith(page, 'step 1900 ').waitFor();
  await page.getByRole('log').hover();
  await page.mouse.wheel(0, -6000);
  await page.getByRole('button', { name: 'Jump to latest' }).waitFor();
  const topStep = (): Promise<number> =>
    page.getByRole('log').evaluate((view) => {
      const edge = view.getBoundingClientRect().top;
      const row = [...view.querySelectorAll('[data-id]')].find((one) => one.getBoundingClientRect().bottom > edge + 1);
      return Number(/step (\d+)/.exec(row?.textContent ?? '')?.[1]);
    });
  await page.waitForFunction(() => (document.querySelector('[role=log]')?.scrollTop ?? 0) < 33_000);
  const before = await topStep();
  expect(before).toBeGreaterThan(1400);
  await append(page, numbered(1901, 700));
  await page.getByText('700 new').waitFor();
  expect(await topStep()).toBe(before);
  await page.getByRole('button', { name: 'Wrap long lines' }).click();
  await page.getByRole('button', { name: 'Wrap long lines', pressed: true }).waitFor();
  expect(Math.abs((await topStep()) - before)).toBeLessThanOrEqual(1);
  await page.getByRole('button', { name: /^Info/ }).click();
  await page.getByRole('button', { name: /^Info/, pressed: false }).waitFor();
  expect(Math.abs((await topStep()) - before)).toBeLessThanOrEqual(1);
  await page.getByRole('log').press('Home');
  await page.getByText(/earlier lines were dropped from this view/).waitFor();
  await page.context().close();
}, 30_000);

test('search walks through matches, and markup is text', async () => {
  const { page, problems } = await harness.open('logs');
  await append(
    page,
    `${numbered(1, 300)}<script>globalThis.isOver = true</script> <img src=x onerror="isOver = true">\n${numbered(301, 300)}`,
  );
  const box = page.getByRole('searchbox');
  await box.fill('LOSS 0.003');
  await page
    .getByText(/^1 of \d+$/)
    .first()
    .waitFor();
  await box.press('Enter');
  await page
    .getByText(/^2 of \d+$/)
    .first()
    .waitFor();
  await box.press('Shift+Enter');
  await page
    .getByText(/^1 of \d+$/)
    .first()
    .waitFor();
  await box.fill('<script>');
  await page.getByText('1 of 1').first().waitFor();
  await page.locator('mark[data-current]', { hasText: '<script>' }).waitFor();
  expect(await page.evaluate(() => (globalThis as unknown as Globals).isOver)).toBeUndefined();
  expect(await page.locator('[role=log] script, [role=log] img').count()).toBe(0);
  await box.fill('nowhere');
  await page.getByText('No matches').first().waitFor();
  await box.press('Escape');
  await eventually(() => box.inputValue(), '');
  await box.fill(':450');
  await box.press('Enter');
  await rowWith(page, 'step 449 ').waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
}, 30_000);

test('filters, wraps, copies and shows gaps', async () => {
  const { page } = await harness.open('logs');
  await append(page, 'installing\n', 'setup');
  await append(page, `INFO ready\nERROR broken\n  at line 3\n${'long '.repeat(100)}end\n`);
  await page.evaluate(() => (globalThis as unknown as Globals).lines.appendGap('training', 123_456));
  await page.getByText('123,456 bytes dropped by the cap').waitFor();
  await page.getByRole('button', { name: /^Info/ }).click();
  await page.getByRole('button', { name: /^Other/ }).click();
  await page.getByRole('button', { name: /^Setup/ }).click();
  await eventually(() => page.locator('[data-id]').allTextContents(), ['2ERROR broken', '3  at line 3']);
  await page.getByRole('button', { name: 'Copy shown lines' }).click();
  await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('ERROR broken\n  at line 3\n');
  await page.getByRole('button', { name: /^Other/ }).click();
  const long = rowWith(page, 'end');
  const before = await long.boundingBox();
  await page.getByRole('button', { name: 'Wrap long lines' }).click();
  await page.waitForFunction(
    (height) => [...document.querySelectorAll('[data-id]')].some((row) => row.clientHeight > height),
    before?.height ?? 0,
  );
  await page.getByRole('link', { name: 'Line 2' }).first().click();
  await page
    .getByRole('link', { name: 'Line 3' })
    .first()
    .click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Copy selected lines' }).click();
  await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('ERROR broken\n  at line 3\n');
  await page.context().close();
}, 30_000);

test('an address shows its line, also when it comes late', async () => {
  const { page } = await harness.open('logs', { hash: '#L4321' });
  await append(page, numbered(1, 1000));
  await rowWith(page, 'step 1000 ').waitFor();
  await append(page, numbered(1001, 9000));
  await rowWith(page, 'step 4321 ').waitFor();
  await page.waitForFunction(() => {
    const row = [...document.querySelectorAll('[data-id]')].find((one) =>
      (one.textContent ?? '').includes('step 4321 '),
    );
    const [box, view] = [row?.getBoundingClientRect(), document.querySelector('[role=log]')?.getBoundingClientRect()];
    return box !== undefined && view !== undefined && box.top > view.top && box.bottom < view.bottom;
  });
  await page.context().close();
}, 30_000);

test.each([
  ['light', 1280],
  ['dark', 390],
] as const)(
  'is accessible in %s at %d px',
  async (theme, width) => {
    const { page, problems } = await harness.open('logs', { theme, width });
    const colours = Array.from(
      { length: 16 },
      (_, at) =>
        `\u001b[${at < 8 ? 30 + at : 82 + at}mcolour ${at}\u001b[0m \u001b[${at < 8 ? 40 + at : 92 + at}mground\u001b[0m\n`,
    ).join('');
    await append(
      page,
      `${numbered(1, 10)}ERROR broken\nWARN careful\n\u001b[2mdim\u001b[0m \u001b[7minverse\u001b[0m\n${colours}`,
    );
    await rowWith(page, 'colour 15').waitFor();
    await page.getByRole('searchbox').fill('colour');
    await page.getByText('1 of 16').first().waitFor();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  },
  30_000,
);
