import type { Browser, Page } from 'playwright-core';

export type Theme = 'light' | 'dark';
export type Visit = {
  readonly page: Page;
  /** Messages of the console, uncaught errors and the content security policy. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
};

/** Opens a browser tab, signed in with the key unless that is null. */
export async function visit(
  browser: Browser,
  url: string,
  apiKey: string | null,
  options: { readonly theme?: Theme; readonly width?: number; readonly isFirstVisit?: boolean } = {},
): Promise<Visit> {
  const { theme = 'light', width = 1280, isFirstVisit = false } = options;
  const context = await browser.newContext({
    ...{ baseURL: url, locale: 'en-GB', colorScheme: theme, reducedMotion: 'reduce' },
    viewport: { width, height: width < 600 ? 844 : 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on('console', (message) => {
    const isOfNetwork = message.text().startsWith('Failed to load resource') || message.text().includes('WebSocket');
    if (!isOfNetwork && ['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      // oxlint-disable-next-line no-console -- read by the test
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  // The tour of a first visit would cover the page.
  if (!isFirstVisit)
    await page.addInitScript(() => {
      // about:blank has no storage
      if (location.protocol !== 'about:') localStorage.setItem('artenic.tour.admin', 'seen');
    });
  if (apiKey !== null) {
    const answer = await page.request.post('/api/v1/session/sign-in', { data: { apiKey } });
    if (!answer.ok()) throw new Error(`no sign-in: ${await answer.text()}`);
  }
  return { page, problems, close: () => context.close() };
}

/** Waits until the page has no pending requests. */
export async function settled(page: Page): Promise<void> {
  // The heading is attached even while a dialog hides it.
  await page.locator('h1').waitFor({ state: 'attached' });
  await page.waitForFunction(
    () => document.querySelector('main [aria-busy="true"], [aria-busy="true"] .sr-only') === null,
  );
}
