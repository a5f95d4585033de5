import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { poll } from '../../support/poll.ts';
import { startHarness, violations, type Harness } from '../harness/components.ts';
import { eventually } from '../harness/eventually.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
}, 60_000);
afterAll(async () => {
  await harness.close();
});

/**
 * For each position on the x axis, the distance of the first coloured pixel from the canvas's top, in [0, 1]; 1 for
 * none.
 */
async function highestInk(chart: Pick<Page, 'locator'>, shares: readonly number[]): Promise<readonly number[]> {
  const canvas = chart.locator('canvas').first();
  return canvas.evaluate((element: HTMLCanvasElement, places) => {
    const over = element.closest('.u-wrap')?.querySelector('.u-over') ?? null;
    const pixels = element.getContext('2d')?.getImageData(0, 0, element.width, element.height);
    if (over === null || pixels === undefined) return [];
    const [plot, whole] = [over.getBoundingClientRect(), element.getBoundingClientRect()];
    const scale = element.width / whole.width;
    // Grid lines are grey; strokes have a colour.
    const isInk = (row: number, column: number): boolean => {
      const at = (row * element.width + column) * 4;
      const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.data.slice(at, at + 4);
      return alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60;
    };
    return places.map((share) => {
      const left = Math.round((plot.left - whole.left + plot.width * share) * scale);
      for (let row = 0; row < element.height; row++) {
        for (let column = left - 2; column <= left + 2; column++) if (isInk(row, column)) return row / element.height;
      }
      return 1;
    });
  }, shares);
}

describe('line chart', () => {
  test('shows a single spike of fifty thousand points, and a gap as a gap', async () => {
    const { page, problems } = await harness.open('charts');
    await page.locator('canvas').first().waitFor();
    const shares = [31_337, 33_000, 21_500].map((step) => step / 50_000);
    const [spike, beside, gap] = await poll('the first drawing', 5000, async () => {
      const found = await highestInk(page, shares);
      return found.some((share) => share < 1) ? found : null;
    });
    expect(spike).toBeLessThan(0.2);
    expect(beside).toBeGreaterThan(0.6);
    expect(gap).toBe(1);
    expect(problems).toEqual([]);
    await page.context().close();
  }, 30_000);

  test('is read with the keyboard, zoomed, and stands as a table and a file too', async () => {
    const { page, problems } = await harness.open('charts');
    const chart = page.getByRole('figure', { name: 'val_loss by run' });
    const reader = chart.getByRole('slider', { name: 'val_loss by run: point to read' });
    await chart.locator('canvas').waitFor();
    await reader.focus();
    await reader.press('Home');
    await reader.press('ArrowRight');
    await chart.locator('[role="slider"][aria-valuetext^="step 25:"]').waitFor();
    expect(await reader.getAttribute('aria-valuetext')).toMatch(/^step 25: resnet-lr3e-4 1\.\d+, resnet-lr1e-3/);
    await reader.press('+');
    await chart.getByRole('button', { name: 'Show all of val_loss by run' }).click();
    await chart.getByRole('button', { name: 'Log scale' }).click();
    await chart.getByText(/not on a log scale/).waitFor();
    await chart.getByRole('button', { name: /^resnet-sgd/ }).click();
    await chart.getByRole('slider', { name: 'Smoothing' }).fill('0.9');
    await chart.getByRole('button', { name: 'Show val_loss by run as a table' }).click();
    await chart.getByRole('columnheader').first().waitFor();
    expect(await chart.getByRole('columnheader').allTextContents()).toEqual([
      'step',
      ...['lr3e-4', 'lr1e-3', 'wd', 'aug', 'mixup', 'ema', 'sgd', 'adamw'].map((name) => `resnet-${name}`),
    ]);
    expect(await chart.getByRole('row').count()).toBe(202);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      chart.getByRole('button', { name: 'Download val_loss by run as CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    expect(csv.split('\r\n')).toHaveLength(402);
    expect(csv.split('\r\n')[124]?.split(',')[4]).toBe('NaN');
    expect(problems).toEqual([]);
    await page.context().close();
  }, 30_000);

  test('is not smoothed with fewer than 50 points, and says so', async () => {
    const { page } = await harness.open('charts');
    const chart = page.getByRole('figure', { name: 'val_loss', exact: true });
    await chart.locator('canvas').waitFor();
    const end = (): Promise<number> => highestInk(chart, [0.97]).then(([height]) => height ?? 1);
    const before = await poll('the first drawing', 5000, async () => {
      const height = await end();
      return height < 1 ? height : null;
    });
    await chart.getByRole('slider', { name: 'Smoothing' }).fill('0.9');
    await chart.getByText('Not smoothed, fewer than 50 points.').waitFor();
    expect(await end()).toBe(before);
    await page.context().close();
  }, 30_000);

  test('without its outliers: the rest fills the axis, and the edge shows where they are', async () => {
    const { page } = await harness.open('charts');
    const chart = page.getByRole('figure', { name: 'grad_norm' });
    await chart.locator('canvas').waitFor();
    // A crest of the quiet curve, beside the spike.
    const crest = 0.394;
    await poll('the first drawing', 5000, async () => ((await highestInk(chart, [crest]))[0] ?? 0) > 0.6 || null);
    await chart.getByRole('button', { name: 'Ignore outliers' }).click();
    await chart.getByText('1 point outside the axis, up to 40: marked at its edge.').waitFor();
    const [curve = 1, mark = 1] = await poll('the new drawing', 5000, async () => {
      const found = await highestInk(chart, [crest, 200 / 399]);
      return (found[0] ?? 1) < 0.3 ? found : null;
    });
    expect(mark).toBeLessThan(curve);
    await chart.getByRole('button', { name: 'Ignore outliers', pressed: true }).click();
    await chart.getByText(/outside the axis/).waitFor({ state: 'detached' });
    await page.context().close();
  }, 30_000);

  test('takes the colours of a theme that changes', async () => {
    const { page } = await harness.open('charts', { theme: 'light' });
    await page.locator('canvas').first().waitFor();
    const picture = (): Promise<string> =>
      page
        .locator('canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const light = await picture();
    await page.evaluate(() => {
      document.documentElement.dataset['theme'] = 'dark';
    });
    await page.waitForFunction((before) => document.querySelector('canvas')?.toDataURL() !== before, light);
    await page.context().close();
  }, 30_000);
});

test('a timeline is walked with arrow keys and says what happened', async () => {
  const { page, problems } = await harness.open('timelines');
  const grid = page.getByRole('grid', { name: 'Attempts over time' });
  await grid.focus();
  const current = (): Promise<string | null> =>
    grid.evaluate(
      (element) => document.getElementById(element.getAttribute('aria-activedescendant') ?? '')?.ariaLabel ?? null,
    );
  await grid.press('ArrowDown');
  await grid.press('ArrowRight');
  await grid.press('ArrowRight');
  await grid.press('ArrowRight');
  await eventually(() => current(), 'Training, 4 min 30 s; attempt 2, preempted after 6 min 3 s');
  expect(await grid.getByRole('row').count()).toBe(4);
  const widths = await page
    .locator('[role=gridcell]')
    .evaluateAll((cells) => cells.map((cell) => Number.parseFloat((cell as HTMLElement).style.width)));
  expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100, 3);
  await page.getByRole('button', { name: 'Show Attempts as a table' }).click();
  const table = page.getByRole('table', { name: 'Attempts and what their time went into' });
  await eventually(() => table.getByRole('row', { name: /^2 Training .* 4 min 30 s 3 preempted/ }).count(), 1);
  expect(problems).toEqual([]);
  await page.context().close();
}, 30_000);

test.each([390, 1280])(
  'at %d px no two labels of a timeline meet, and its hint shows on hover only',
  async (width) => {
    const { page } = await harness.open('timelines', { width });
    await page.locator('[data-tick]').first().waitFor();
    const boxes = await page
      .locator('[data-tick], [role=rowheader]')
      .evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ x, y, right, bottom }) => ({ x, y, right, bottom })),
      );
    const bars = await page
      .locator('[role=gridcell]')
      .evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ x, y, right, bottom }) => ({ x, y, right, bottom })),
      );
    const meet = (one: (typeof boxes)[number], other: (typeof boxes)[number]): boolean =>
      one.x < other.right - 0.5 &&
      other.x < one.right - 0.5 &&
      one.y < other.bottom - 0.5 &&
      other.y < one.bottom - 0.5;
    for (const [index, box] of boxes.entries())
      expect([...boxes.slice(index + 1), ...bars].filter((other) => meet(box, other))).toEqual([]);
    const hint = page.getByText('Hover a segment, or use the arrow keys.');
    expect(await hint.isVisible()).toBe(false);
    await page.getByRole('rowheader').first().hover();
    await hint.waitFor();
    await page.context().close();
  },
  30_000,
);

test('the JSON editor indents with Tab, lets go after Escape, and marks what is wrong', async () => {
  const { page, problems } = await harness.open('playground');
  const editor = page.getByRole('textbox', { name: 'Request body' });
  await page.getByRole('button', { name: '3:28 /inputs/features/2 "4.2" is not a number' }).click();
  expect(
    await editor.evaluate((area: HTMLTextAreaElement) =>
      area.value.slice(area.selectionStart, area.selectionStart + 5),
    ),
  ).toBe('"4.2"');
  await editor.press('Tab');
  await eventually(() => editor.evaluate((area) => area === document.activeElement), false);
  await editor.fill('{"a":[1,2]}');
  await page.getByRole('button', { name: 'Format JSON' }).click();
  await eventually(() => editor.inputValue(), '{\n  "a": [1, 2]\n}');
  await editor.focus();
  await editor.press('Control+End');
  await editor.pressSequentially(',');
  await page.getByRole('button', { name: /^3:2 nothing may follow the value, not ,/ }).waitFor();
  await editor.press('Tab');
  await eventually(() => editor.inputValue(), '{\n  "a": [1, 2]\n},  ');
  await editor.press('Control+z');
  expect(await editor.inputValue()).not.toContain(',  ');
  await editor.press('Escape');
  await editor.press('Tab');
  await eventually(() => editor.evaluate((area) => area === document.activeElement), false);
  expect(problems).toEqual([]);
  await page.context().close();
}, 30_000);

test('the playground marks the wrong field only, and its snippets hold no key', async () => {
  const { page } = await harness.open('playground');
  const cells = page.getByRole('group', { name: /features/ }).getByRole('textbox');
  expect(await cells.evaluateAll((all) => all.map((cell) => cell.ariaInvalid))).toEqual([
    'false',
    'false',
    'true',
    'false',
  ]);
  await cells.nth(2).fill('4.2');
  await page.getByText('features value 3').waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'curl' }).press('ArrowRight');
  await eventually(() => page.getByRole('tab', { name: 'SDK', selected: true }).count(), 1);
  await page.getByRole('button', { name: 'Copy as SDK' }).click();
  await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("process.env.ARTENIC_API_KEY ?? ''");
  await page.context().close();
}, 30_000);

describe('accessibility', () => {
  const pages = ['charts', 'timelines', 'playground'] as const;
  test.each(pages.flatMap((name) => [[name, 'light', 1280] as const, [name, 'dark', 320] as const]))(
    'of %s in %s at %d px',
    async (name, theme, width) => {
      const { page, problems } = await harness.open(name, { theme, width });
      expect(await violations(page)).toEqual([]);
      const toTable = page.getByRole('button', { name: /as a table$/ });
      while ((await toTable.count()) > 0) await toTable.first().click();
      for (const raw of await page.getByText('Raw response').all()) await raw.click();
      await eventually(() => violations(page), []);
      // Only elements that scroll by themselves may be wider than the page (WCAG 1.4.10).
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      ).toBe(0);
      expect(problems).toEqual([]);
      await page.context().close();
    },
    60_000,
  );
});
