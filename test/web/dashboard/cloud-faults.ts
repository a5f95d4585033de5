import { expect } from '@jest/globals';
import type { DoctorReport } from '@artenic/core';
import type { Page } from 'playwright-core';
import { runOnScreen } from '../../cli/in-process.ts';
import { poll } from '../../support/poll.ts';
import type { SimulatedCloud } from '../../support/simulated-cloud.ts';
import type { Stack } from '../../support/stack.ts';

/** A page shows a change this long after the API could know of it. */
export const shownWithinMs = 5000;

/** The instance that the cloud made last for an attempt, by its own ledger. */
export async function instanceOf(cloud: SimulatedCloud, attemptId: string): Promise<string> {
  return poll(`an instance of ${attemptId}`, 60_000, async () => {
    const { attempts } = await cloud.judgement();
    return attempts.find(({ attempt }) => attempt === attemptId)?.instances.at(-1)?.instanceId ?? null;
  });
}

async function shownProblems(page: Page): Promise<readonly string[]> {
  const items = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
  return items.locator('p:first-child').allInnerTexts();
}

/** Number of problems at the navigation's entry for the overview. */
async function countedProblems(page: Page): Promise<number> {
  const entry = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Overview/ });
  return Number(/\d+/.exec(await entry.first().innerText())?.[0] ?? 0);
}

/**
 * Waits until the API knows such problems. Then overview, navigation, `artenic doctor` and `artenic health` show exactly
 * these.
 */
export async function agreeOn(stack: Stack, page: Page, isWanted: (ids: readonly string[]) => boolean): Promise<void> {
  const url = stack.endpoints().api;
  const known = async () => (await stack.request<DoctorReport>('GET', '/api/v1/doctor')).problems;
  await poll('the problems of the API', 60_000, async () =>
    isWanted((await known()).map(({ id }) => id)) ? true : null,
  );
  await page.goto('/');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await poll('the pages to agree with the API', shownWithinMs, async () => {
    const problems = await known();
    const shown = await shownProblems(page);
    const isSame =
      shown.length === problems.length &&
      (await countedProblems(page)) === problems.length &&
      problems.every(({ subject }) => shown.some((text) => text.includes(subject)));
    return isSame ? true : null;
  });
  const printed = async (word: string): Promise<string> => {
    const screen = { columns: null, nowMs: Date.now() };
    return (await runOnScreen([word, '--json'], { url, apiKey: stack.adminKey() }, screen)).stdout;
  };
  for (const { id } of await known())
    for (const word of ['doctor', 'health'])
      expect([word, await printed(word)]).toEqual([word, expect.stringContaining(id)]);
}

/** The state beside the title of a job's page. */
const badgeOf = (page: Page): Promise<string> => page.locator('h1 + *').innerText();

/** Waits until the badge is one of these, and stays within the limit for what is shown. */
export async function showsBadge(page: Page, words: RegExp, withinMs = shownWithinMs): Promise<void> {
  const badge = await poll(`the badge ${words}`, withinMs, async () => {
    const text = await badgeOf(page);
    return words.test(text) ? text : null;
  });
  expect(badge).toMatch(words);
}
