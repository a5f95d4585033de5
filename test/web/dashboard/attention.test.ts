import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { ApiWorld } from '../../api/harness.ts';
import { launchChromium } from '../harness/chromium.ts';
import { violations } from '../harness/components.ts';
import { settled, visit, type Visit } from './browser.ts';
import { startDashboard } from './world.ts';

/** A fault is on the screen this long after its row was written. */
const shownWithinMs = 5000;

let world: ApiWorld;
let browser: Browser;
let visitor: Visit;
beforeAll(async () => {
  world = await startDashboard();
  const hourAgo = new Date(Date.now() - 3_600_000);
  await world.store.uptime.note({ at: hourAgo, gapMs: 1, hadFault: true });
  await world.store.uptime.note({ at: new Date(), gapMs: 7_200_000, hadFault: false });
  await world.store.workers.alive({ id: 'w-1', queues: ['control', 'local'], temporalProblems: [] });
  await world.store.catalogs.put('local', [], 'all', new Date());
  const findings = { instances: 0, attempts: 0, strays: 0, terminated: 0, refused: 0, settled: 0, restarted: 0 };
  const at = new Date();
  await world.store.reconcile.finishSweep({
    ...{ provider: 'local', startedAt: at, finishedAt: at, findings: { ...findings, confirmed: 0 } },
  });
  browser = await launchChromium();
  visitor = await visit(browser, world.url, world.key);
}, 120_000);
afterAll(async () => {
  await visitor.close();
  await browser.close();
  await world.close();
});

const cloud = { name: 'simulated', capacity: null, problem: null, clockSkewMs: 1 };
const capabilities = { spot: true, preemptionNotice: true, idempotencyToken: false, regions: true };
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
const offer = { provider: 'simulated', region: 'eu-north', instanceType: 'gpu-1', spot: true };

async function running(): Promise<{ readonly jobId: string; readonly attemptId: string }> {
  const { jobs, attempts } = world.store;
  const { id: jobId } = await world.addJob({ service: 'watched', placement: { providers: ['simulated'] } });
  for (const state of ['preparing', 'provisioning', 'running'] as const) await jobs.transition(jobId, state);
  const attemptId = `${jobId}/attempt-1`;
  await attempts.open({
    ...{ id: attemptId, jobId, attempt: 1, reason: 'first attempt', createdAt: minutesAgo(10) },
    offer: { ...offer, priceUsdMicrosPerHour: 5_670_000 },
  });
  await jobs.moveFence(jobId, 1);
  await attempts.advance(attemptId, 'launching', minutesAgo(9));
  await attempts.setHandle(attemptId, { ...offer, instanceId: 'i-0abc', attemptId }, minutesAgo(9));
  await attempts.hello(attemptId, `hash of ${jobId}`, minutesAgo(8));
  await attempts.advance(attemptId, 'running', minutesAgo(7));
  return { jobId, attemptId };
}

test('nothing needs attention: no card and no count', async () => {
  const { page } = visitor;
  await page.goto('/');
  await settled(page);
  expect(await page.getByRole('region', { name: 'Needs attention' }).count()).toBe(0);
  expect(await page.getByText('needs attention').count()).toBe(0);
});

test.each<readonly [string, () => Promise<unknown>, string, () => Promise<unknown>]>([
  [
    'expired credentials',
    () =>
      world.store.providers.upsert({
        ...{ ...cloud, capabilities, usable: false, problem: 'credentials', checkedAt: new Date() },
        message: 'The access key has expired.',
      }),
    'The access key has expired.',
    () => world.store.providers.upsert({ ...cloud, capabilities, usable: true, message: '', checkedAt: new Date() }),
  ],
  [
    'a worker that is gone',
    () => world.store.workers.alive({ id: 'w-1', queues: [], temporalProblems: [] }),
    'No worker is running',
    () => world.store.workers.alive({ id: 'w-1', queues: ['control', 'local', 'simulated'], temporalProblems: [] }),
  ],
  [
    'offers that are old',
    () => world.store.catalogs.put('simulated', [], 'all', minutesAgo(40)),
    'The offers of simulated are 40 minutes old',
    () => world.store.catalogs.put('simulated', [], 'all', new Date()),
  ],
  [
    'a leaked instance',
    () =>
      world.store.reconcile.setStrays(
        'simulated',
        [
          {
            handle: { ...offer, instanceId: 'i-leaked', attemptId: 'unknown/attempt-1' },
            ...{ reason: 'unknown-attempt', sinceMs: minutesAgo(20).getTime(), dueAtMs: minutesAgo(10).getTime() },
          },
        ],
        new Date(),
      ),
    'Orphaned instance i-leaked is still billed',
    () => world.store.reconcile.setStrays('simulated', [], new Date()),
  ],
])(
  '%s: on the overview and in the navigation within 5 s, and gone when it is repaired',
  async (_, inject, text, repair) => {
    const { page } = visitor;
    await page.goto('/');
    await settled(page);
    await inject();
    const card = page.getByRole('region', { name: 'Needs attention' });
    await card.getByText(text).waitFor({ timeout: shownWithinMs });
    const entry = page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^Overview \d+ problems? needs? attention$/ });
    await entry.first().waitFor({ timeout: shownWithinMs });
    expect(await violations(page)).toEqual([]);
    await repair();
    await card.getByText(text).waitFor({ state: 'detached', timeout: shownWithinMs });
  },
);

test('an instance that cannot be ended: the job is Ending, says since when and how often, and what to do', async () => {
  const { page, problems } = visitor;
  const { jobId, attemptId } = await running();
  await page.goto(`/jobs/${jobId}`);
  const badge = page.locator('h1 + *');
  await page.locator('[data-situation]').waitFor();
  await world.store.reconcile.terminateTried(attemptId, minutesAgo(2), 'transient: The cloud answered 503.');
  await world.store.reconcile.terminateTried(attemptId, new Date(), 'transient: The cloud answered 503.');
  await world.store.attempts.advance(attemptId, 'ending', new Date());
  const note = page.locator('[data-situation="ending"]');
  await note
    .getByText(
      'simulated has refused to end i-0abc for 2 min (2 tries, last answer: transient: The cloud answered 503.)',
    )
    .waitFor({
      timeout: shownWithinMs,
    });
  await note.getByText('the provider’s own console').waitFor();
  expect(await badge.innerText()).toBe('Ending');
  await page.goto('/');
  const card = page.getByRole('region', { name: 'Needs attention' });
  await card.getByText('The provider refuses to end i-0abc (2 tries').waitFor({ timeout: shownWithinMs });
  await card.getByText('1 job affected').waitFor();
  await page.getByRole('region', { name: 'Running' }).getByText('Ending', { exact: true }).waitFor();
  expect(problems).toEqual([]);
});

test('a machine that falls silent: amber after three heartbeats, with its age', async () => {
  const { page } = visitor;
  const { jobId, attemptId } = await running();
  await world.store.attempts.heartbeat(attemptId, new Date());
  await page.goto(`/jobs/${jobId}`);
  const sign = page.getByText(/^Last sign of life \d+ s ago$/);
  await sign.waitFor();
  expect(await sign.evaluate((element) => element.classList.contains('text-warn'))).toBe(false);
  await page
    .locator('.text-warn')
    .filter({ hasText: /Last sign of life 1\d s ago/ })
    .waitFor({ timeout: 20_000 });
  await page.locator('[data-situation="silent"]').waitFor({ timeout: shownWithinMs });
}, 60_000);

test('an orphaned instance: what it costs, what was answered, and another try at once', async () => {
  const { page } = visitor;
  const { attemptId } = await running();
  const handle = { ...offer, instanceId: 'i-waste', attemptId };
  const stray = {
    handle,
    reason: 'attempt-settled',
    sinceMs: minutesAgo(20).getTime(),
    dueAtMs: minutesAgo(10).getTime(),
  } as const;
  await world.store.reconcile.setStrays('simulated', [stray], new Date());
  await world.store.reconcile.strayTried(
    handle,
    new Date(),
    'transient: The cloud answered 503, and said a lot more about it.',
  );
  await page.goto('/providers');
  const card = page.getByRole('region', { name: 'Orphaned instances' });
  await card.getByText(/^\$5\.67\/h, \$1\.89\d* so far$/).waitFor();
  await card.getByText('The cloud answered 503, and said a lot more about it.').waitFor();
  await card.getByRole('button', { name: 'Try again now' }).click();
  await page.getByText('Termination requested').waitFor();
  expect(world.temporal.of('sweep')).toEqual([['simulated']]);
  expect(await violations(page)).toEqual([]);
});

/** Sends a signal that has occurred at this time. */
async function signal(jobId: string, name: string, occurredAt = new Date()): Promise<void> {
  const body = { id: `${name}-${occurredAt.getTime()}`, occurredAt: occurredAt.toISOString() };
  const answer = await world.call('POST', `/api/v1/jobs/${jobId}/signals/${name}`, { body });
  expect(answer.status).toBe(202);
}

test('a job on hold: its badge says so while its attempt runs, and after it that nothing new starts', async () => {
  const { page } = visitor;
  const { jobId, attemptId } = await running();
  await world.store.attempts.heartbeat(attemptId, new Date());
  await page.goto(`/jobs/${jobId}`);
  const badge = page.locator('h1 + *');
  await badge.getByText('Running', { exact: true }).waitFor();
  await signal(jobId, 'hold');
  await badge.getByText('Running, on hold').waitFor({ timeout: shownWithinMs });
  await page.getByText('The current attempt continues; no new attempts start.').waitFor();
  await world.store.attempts.end(
    attemptId,
    { kind: 'lost', exitCode: null, message: 'The machine is gone.' },
    new Date(),
  );
  await world.store.jobs.transition(jobId, 'recovering');
  await page.locator('[data-situation="held"]').getByText('On hold').waitFor({ timeout: shownWithinMs });
  await badge.getByText('On hold', { exact: true }).waitFor();
  await signal(jobId, 'release');
  await page.locator('[data-situation="held"]').waitFor({ state: 'detached', timeout: shownWithinMs });
});

test('a checkpoint that the command ignores: the request is said to be ignored after a minute, until one is saved', async () => {
  const { page } = visitor;
  const { jobId } = await running();
  await page.goto(`/jobs/${jobId}`);
  await page.clock.install();
  await signal(jobId, 'checkpoint-now');
  await page.getByText('Checkpoint requested. It will appear').waitFor({ timeout: shownWithinMs });
  await page.clock.fastForward(61_000);
  await page.getByText('The command seems to ignore the request').waitFor({ timeout: shownWithinMs });
  await world.store.checkpoints.insert({
    ...{ jobId, attempt: 1, name: 'step-1', sequence: 1, directory: false, files: [] },
    createdAt: new Date().toISOString(),
  });
  await page.reload();
  await page.getByRole('region', { name: 'Summary' }).waitFor();
  expect(await page.getByText('The command seems to ignore the request').count()).toBe(0);
});

test('a cancel while the provider refuses to end the machine: Ending, with the refusals, and time to start stands still', async () => {
  const { page } = visitor;
  const { jobId, attemptId } = await running();
  await page.goto(`/jobs/${jobId}`);
  await page.locator('[data-situation]').waitFor();
  await world.store.jobs.requestCancel(jobId, 'admin', new Date());
  await world.store.jobs.transition(jobId, 'cancelling');
  await page.locator('[data-situation="stopping"]').getByText('Cancelling').waitFor({ timeout: shownWithinMs });
  await world.store.reconcile.terminateTried(attemptId, minutesAgo(2), 'transient: The cloud answered 503.');
  await world.store.attempts.advance(attemptId, 'ending', new Date());
  await page
    .locator('[data-situation="ending"]')
    .getByText('has refused to end i-0abc')
    .waitFor({ timeout: shownWithinMs });
  expect(await page.locator('h1 + *').innerText()).toBe('Ending');
  expect(await page.locator('main').getByText('Setup commands').count()).toBe(0);
});

test('two attempts that overlap: a lane and a bill for each', async () => {
  const { page } = visitor;
  const { jobId, attemptId } = await running();
  const second = `${jobId}/attempt-2`;
  await world.store.attempts.open({
    ...{ id: second, jobId, attempt: 2, reason: 'the first machine was warned', createdAt: minutesAgo(4) },
    offer: { ...offer, priceUsdMicrosPerHour: 5_670_000 },
  });
  await world.store.attempts.advance(second, 'launching', minutesAgo(4));
  await world.store.attempts.hello(second, `hash of ${second}`, minutesAgo(3));
  await world.store.attempts.advance(second, 'running', minutesAgo(3));
  await world.store.jobs.moveFence(jobId, 2);
  await world.store.attempts.setBilled(
    { ...offer, attemptId, instanceId: 'i-0abc' },
    { from: minutesAgo(9), until: minutesAgo(1) },
  );
  await world.store.attempts.end(
    attemptId,
    { kind: 'preempted', exitCode: null, message: 'Reclaimed.' },
    minutesAgo(1),
  );
  await page.goto(`/jobs/${jobId}?tab=attempts`);
  const grid = page.getByRole('grid', { name: 'Attempts over time' });
  const one = grid.getByRole('row', { name: /^attempt 1, preempted/ });
  const two = grid.getByRole('row', { name: /^attempt 2/ });
  // Eight minutes at 5.67 dollars an hour.
  await one.getByText('$0.7560').waitFor();
  await two.waitFor();
});

test('the log while the API fails: lines that are there stay and are called old, and an empty card does not wait for a line', async () => {
  const { page } = visitor;
  const runner = await world.startRunner({ service: 'logged' });
  await world.ship(runner, 'logs?stream=training&offset=0', 'the only line\n');
  const path = `/jobs/${runner.jobId}?tab=log`;
  const logs = '**/api/v1/jobs/*/logs*';
  await page.goto(path);
  await page.getByText('the only line').waitFor();
  await page.route(logs, (route) => route.fulfill({ status: 500, json: {} }));
  await page.getByText('Showing earlier data').waitFor({ timeout: shownWithinMs });
  expect(await page.getByText('the only line').count()).toBe(1);
  await page.goto(path);
  await page.getByText('The log could not be loaded').waitFor({ timeout: shownWithinMs });
  expect(await page.getByText('Waiting for the first line').count()).toBe(0);
  await page.unroute(logs);
  await page.getByText('the only line').waitFor({ timeout: shownWithinMs });
});
