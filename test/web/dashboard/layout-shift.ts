import type { Page } from 'playwright-core';

/** Watches a tab's layout shift. @returns a function that waits for the next frames and gives the sum of the page */
export async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const seen = globalThis as unknown as { layoutShift: () => number };
    let sum = 0;
    const add = (entries: PerformanceEntryList): void => {
      for (const entry of entries) {
        const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
        if (!hadRecentInput) sum += value;
      }
    };
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    seen.layoutShift = () => {
      add(observer.takeRecords());
      return sum;
    };
  });
  return () =>
    page.evaluate(async () => {
      // Changes by the last answer are laid out in the next frame.
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      return (globalThis as unknown as { layoutShift: () => number }).layoutShift();
    });
}

/** Delays the answers of all requests that fit the pattern. */
export async function answerLate(page: Page, pattern: string, lateMs: number): Promise<void> {
  await page.route(pattern, async (route) => {
    await new Promise((done) => {
      setTimeout(done, lateMs);
    });
    await route.continue().catch(() => undefined);
  });
}
