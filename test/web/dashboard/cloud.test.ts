import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import type { Browser, Page } from 'playwright-core';
import { buildWeb } from '../../../scripts/web-build.mjs';
import { penguinsJob } from '../../chaos/jobs.ts';
import { attemptsOf, endOf } from '../../chaos/verify.ts';
import { poll } from '../../support/poll.ts';
import { SimulatedCloud } from '../../support/simulated-cloud.ts';
import { createStack, type Stack } from '../../support/stack.ts';

import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { settled, visit } from './browser.ts';
import { isTurn } from '../../support/share.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** When set, the tests also take the documentation's screenshots. */
const pictures = process.env['ARTENIC_SCREENSHOTS'];

const cloud = new SimulatedCloud({ preemption: {}, bootSeconds: [0.5, 1] });
let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  buildWeb(root);
  await cloud.start();
  stack = createStack(cloud.environment());
  [browser] = await Promise.all([launchChromium(), stack.start()]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await stack.destroy();
  expect(await cloud.destroy()).toEqual([]);
}, 60_000);

const signedIn = (options: Parameters<typeof visit>[3] = {}) =>
  visit(browser, stack.endpoints().api, stack.adminKey(), options);
const jobView = (id: string) => stack.request<JobView>('GET', `/api/v1/jobs/${id}`);

async function photograph(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** The local example, run on the cloud's spot market, where its machines are preempted twice. */
async function preemptedTwice(): Promise<string> {
  const placement = { providers: ['simulated'], mode: 'spot-with-fallback' };
  const job = await penguinsJob(stack, { epochs: 120, stepDelayMs: 8 });
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', { ...job, placement });
  for (const [attempt, noticeSeconds] of [
    [1, 30],
    [2, null],
  ] as const) {
    await poll(`a checkpoint of attempt ${attempt}`, 60_000, async () => {
      const found = (await attemptsOf(stack, id)).find((one) => one.attempt === attempt);
      return (found?.checkpoints.length ?? 0) > 1 ? true : null;
    });
    const { attempts } = await cloud.judgement();
    const [instance] = attempts.find((one) => one.attempt === `${id}/attempt-${attempt}`)?.instances ?? [];
    await cloud.control('POST', `/instances/${instance?.instanceId}/preempt`, { noticeSeconds });
  }
  await endOf(stack, id, 90_000);
  return id;
}

if (isTurn('a job on spot machines', 3) || pictures !== undefined) {
  test('a job on spot machines: attempts, costs and decisions, as they were', async () => {
    const id = await preemptedTwice();
    expect((await jobView(id)).state).toBe('succeeded');
    const { page, problems, close } = await signedIn();
    await page.goto(`/jobs/${id}?tab=attempts`);
    await settled(page);
    const decisions = page.getByRole('region', { name: 'Decisions' });
    await decisions.getByText('Launched attempt 3').waitFor();
    expect(await decisions.getByText(/\(preempted|: preempted/).count()).toBe(2);
    const asTable = page.getByRole('button', { name: 'Show Attempts as a table' });
    await asTable.waitFor();
    await page.waitForFunction(() => document.querySelector('main .animate-shimmer') === null);
    await page.setViewportSize({ width: 1280, height: 1090 });
    await photograph(page, 'job-spot');
    await asTable.click();
    const table = page.getByRole('table', { name: 'Attempts and what their time went into' });
    await table.getByRole('columnheader', { name: 'Cost' }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();

    const { page: workflows, close: closeWorkflows } = await signedIn();
    const { temporalUi } = await stack.request<{ temporalUi: string }>('GET', '/api/v1/platform');
    await workflows.goto(`${temporalUi}/namespaces/default/workflows/${encodeURIComponent(`${id}/failover`)}`, {
      waitUntil: 'networkidle',
    });
    // The job's timeline: attempts one below the other, each with its reason.
    await workflows
      .getByText(/after preempted/)
      .first()
      .waitFor({ timeout: 30_000 });
    await photograph(workflows, 'temporal-failover');
    await closeWorkflows();
  }, 200_000);
}

test('offers are shown on the page of providers, and beside the placement of a new job', async () => {
  await poll('the catalog', 60_000, async () => {
    const { total } = await stack.request<{ total: number }>('GET', '/api/v1/offers?provider=simulated');
    return total > 0 ? true : null;
  });
  const { page, problems, close } = await signedIn();
  await page.goto('/providers');
  await settled(page);
  const types = page.getByRole('list', { name: 'Offers by machine type' });
  const row = types.getByRole('button', { name: /spot from \$[\d.]+ · on demand from \$[\d.]+ · \d+ zones/ }).first();
  await row.click();
  await page
    .getByRole('list', { name: /^Offers of / })
    .getByText('On demand')
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Spot', exact: true }).click();
  await types.getByText('on demand').first().waitFor({ state: 'detached' });
  expect(await violations(page)).toEqual([]);
  await photograph(page, 'offers');

  await page.goto('/jobs/new');
  await page.getByLabel('Service').fill('penguins');
  await page.getByLabel('Command').fill('node train.ts');
  await page.getByRole('checkbox', { name: 'simulated' }).check();
  await page.getByRole('checkbox', { name: 'local' }).uncheck();
  await page.getByLabel('Market').selectOption('spot');
  await page.getByLabel('Max price ($/h)').fill('0.5');
  const launch = page.getByRole('region', { name: 'First launch' });
  await launch.getByText(/simulated · .* · spot/).waitFor();
  await launch.getByText(/\/h · ≈ \$[\d.]+ for 24 h/).waitFor();
  await launch.scrollIntoViewIfNeeded();
  expect(await violations(page)).toEqual([]);
  await photograph(page, 'dispatch-offers');
  await page.getByLabel('Max price ($/h)').fill('0.0001');
  await launch.getByText('No matching offers').waitFor();
  await launch.getByText('No provider offers what the job asks for').waitFor();

  expect(problems).toEqual([]);
  await close();
}, 120_000);
