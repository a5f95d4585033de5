import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import type { Browser, Page } from 'playwright-core';
import { buildWeb } from '../../../scripts/web-build.mjs';
import { counterJob, penguinsJob } from '../../chaos/jobs.ts';
import { attemptsOf, endOf } from '../../chaos/verify.ts';
import { poll } from '../../support/poll.ts';
import { SimulatedCloud } from '../../support/simulated-cloud.ts';
import { createStack, type Stack } from '../../support/stack.ts';

import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { settled, visit } from './browser.ts';
import { agreeOn, instanceOf, showsBadge, shownWithinMs } from './cloud-faults.ts';
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
  stack = createStack({
    ...cloud.environment(),
    ...{ ARTENIC_CATALOG_MS: '1000', ARTENIC_RECONCILE_MS: '1000', ARTENIC_RECONCILE_GRACE_MS: '5000' },
  });
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

/** A job that runs on the cloud until it is cancelled. */
const endless = () =>
  stack.request<JobView>('POST', '/api/v1/jobs', {
    ...counterJob({ total: 1_000_000, every: 1_000_000, delay: 0.1 }),
    placement: { providers: ['simulated'], mode: 'on-demand' },
  });
const isInState = (id: string, states: readonly string[], timeoutMs = 60_000) =>
  poll(`${id} to be ${states.join(' or ')}`, timeoutMs, async () => {
    const job = await jobView(id);
    return states.includes(job.state) ? job : null;
  });

if (isTurn('faults of the cloud', 3)) {
  test('faults of the cloud and of the worker: every page and command shows what the cloud knows', async () => {
    const { page, problems, close } = await signedIn();
    await agreeOn(stack, page, (ids) => ids.length === 0);
    const { id } = await endless();
    await isInState(id, ['running']);

    // The machine disappears while the cloud refuses to end anything: the job continues on another one.
    const first = await instanceOf(cloud, `${id}/attempt-1`);
    await page.goto(`/jobs/${id}`);
    await showsBadge(page, /^Running/);
    await cloud.control('POST', '/faults', {
      rules: [{ id: 'stuck', operation: 'terminate', fault: { kind: 'server-error' } }],
    });
    await cloud.control('POST', `/instances/${first}/preempt`, { noticeSeconds: null });
    const own = await instanceOf(cloud, `${id}/attempt-2`);
    expect((await cloud.judgement()).alive).toEqual([own]);
    await isInState(id, ['running']);
    await showsBadge(page, /^Running/);
    const summary = page.getByRole('region', { name: 'Summary' });
    await summary
      .getByText(/^2(?:Last sign|$)/)
      .first()
      .waitFor({ timeout: shownWithinMs });

    // The machine hangs, and its cancel with it.
    await cloud.control('POST', `/instances/${own}/silence`, { how: 'stopped' });
    await page.locator('[data-situation="silent"]').waitFor({ timeout: 30_000 });
    await stack.request('POST', `/api/v1/jobs/${id}/cancel`);
    await showsBadge(page, /^(?:Cancelling|Ending)/);
    await page.locator('[data-situation="ending"]').getByText(`has refused to end ${own}`).waitFor({ timeout: 60_000 });
    await showsBadge(page, /^Ending/);
    expect((await cloud.judgement()).alive).toEqual([own]);
    await cloud.control('PUT', '/faults', { rules: [] });
    await isInState(id, ['cancelled']);
    await showsBadge(page, /^Cancelled/);
    expect((await cloud.judgement()).alive).toEqual([]);
    await agreeOn(stack, page, (ids) => ids.length === 0);

    // The credentials expire, and are renewed.
    await cloud.control('PUT', '/keys/default', { expiresInSeconds: 0 });
    const { id: blocked } = await endless();
    await page.goto(`/jobs/${blocked}`);
    await page.locator('[data-situation="credentials"]').waitFor({ timeout: 60_000 });
    await agreeOn(stack, page, (ids) => ids.length === 1);
    await page.getByRole('region', { name: 'Needs attention' }).getByText('1 job affected').waitFor();
    await page.goto('/providers');
    await page.getByText('Unavailable').first().waitFor({ timeout: shownWithinMs });
    await cloud.control('PUT', '/keys/default', { expiresInSeconds: null });
    await page.goto(`/jobs/${blocked}`);
    await isInState(blocked, ['running']);
    await showsBadge(page, /^Running/);
    await page.goto(`/jobs/${blocked}?tab=attempts`);
    await page.getByText('Renew the credentials of the worker').first().waitFor();

    // The worker stops. The job that runs goes on, and another one is not taken.
    const worker = stack.endpoints().processes['worker'] ?? 0;
    process.kill(worker, 'SIGSTOP');
    const { id: untaken } = await endless();
    await page.goto(`/jobs/${untaken}`);
    await page
      .locator('[data-situation="not-taken"]')
      .getByText('No worker has taken this job')
      .waitFor({ timeout: 30_000 });
    await agreeOn(stack, page, (ids) => ids.includes('worker-gone'));
    process.kill(worker, 'SIGCONT');
    for (const one of [blocked, untaken]) await stack.request('POST', `/api/v1/jobs/${one}/cancel`);
    for (const one of [blocked, untaken]) await isInState(one, ['cancelled']);
    await agreeOn(stack, page, (ids) => ids.length === 0);
    expect(problems).toEqual([]);
    await close();
  }, 400_000);
}
