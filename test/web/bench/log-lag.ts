/**
 * `node test/web/bench/log-lag.ts [lines]`: time from the training's write of a line to the line in the dashboard's DOM, in
 * a real browser, and where it goes: until the API has the line, and until a reader of the API's hints has heard of it.
 * The training writes its clock, at irregular times, on average twice a second; all clocks are this machine's.
 */
import { cpus, loadavg } from 'node:os';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { jsonOrNull, type JobView, type LogPage } from '@artenic/core';
import { WebSocket } from 'ws';
import { buildWeb } from '../../../scripts/web-build.mjs';
import { poll } from '../../support/poll.ts';
import { createStack, type Stack } from '../../support/stack.ts';
import { settled, visit } from '../dashboard/browser.ts';
import { launchChromium } from '../harness/chromium.ts';
import { percentile, rounded } from '../../bench/statistics.ts';

const training = (lines: number): readonly string[] => [
  'python3',
  '-c',
  `
import random, time
random.seed(7)
for line in range(${lines}):
    time.sleep(random.uniform(0.1, 0.9))
    print('at', round(time.time() * 1000), flush=True)
print('done', flush=True)
`,
];

/** Notes the clock at which each line is first in the DOM. */
function watchLines(): void {
  const seen = new Map<string, number>();
  Object.assign(globalThis, { seenLines: seen });
  const look = (): void => {
    for (const row of document.querySelectorAll('[data-id]')) {
      const line = /at (\d+)/.exec(row.textContent)?.[1];
      if (line !== undefined && !seen.has(line)) seen.set(line, Date.now());
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

/** The clock at which a reader of hints hears that the log has reached an offset. */
async function hearHints(stack: Stack, jobId: string): Promise<(readonly [offset: number, atMs: number])[]> {
  const heard: (readonly [number, number])[] = [];
  const socket = new WebSocket(`${stack.endpoints().api.replace('http', 'ws')}/ws`, [
    'artenic.v1',
    `bearer.${stack.adminKey()}`,
  ]);
  await once(socket, 'open');
  socket.on('message', (data) => {
    const message = jsonOrNull((data as Buffer).toString('utf8')) as {
      readonly kind?: string;
      readonly data?: { readonly stream?: string; readonly nextOffset?: number };
    } | null;
    if (message?.kind === 'job.log' && message.data?.stream === 'training')
      heard.push([message.data.nextOffset ?? 0, Date.now()]);
  });
  socket.send(JSON.stringify({ op: 'subscribe', topics: [`job:${jobId}`], after: null, hints: true }));
  return heard;
}

function tell(what: string, lagsMs: readonly number[]): void {
  const [p50, p95, most] = [0.5, 0.95, 1].map((q) => rounded(percentile(lagsMs, q)));
  console.log(`${what}: p50 ${p50} ms, p95 ${p95} ms, most ${most} ms (${lagsMs.length} lines)`);
}

async function run(stack: Stack, lines: number): Promise<void> {
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', { service: 'lag', command: training(lines) });
  const heard = await hearHints(stack, id);
  const browser = await launchChromium();
  try {
    const { page } = await visit(browser, stack.endpoints().api, stack.adminKey());
    await page.addInitScript(watchLines);
    await poll('the first attempt', 60_000, async () =>
      (await stack.request<JobView>('GET', `/api/v1/jobs/${id}`)).currentAttempt > 0 ? true : null,
    );
    await page.goto(`/jobs/${id}?tab=log`);
    await settled(page);
    const openedMs = Date.now();
    await page.getByText('done', { exact: true }).waitFor({ timeout: lines * 2000 + 60_000 });
    const seen = new Map(
      await page.evaluate(() => [...(globalThis as unknown as { seenLines: Map<string, number> }).seenLines]),
    );
    const { text } = await stack.request<LogPage>('GET', `/api/v1/jobs/${id}/logs?stream=training`);
    let offset = 0;
    const [shown, told]: [number[], number[]] = [[], []];
    for (const line of text.split('\n')) {
      offset += line.length + 1;
      const stamp = /^at (\d+)$/.exec(line)?.[1];
      // Lines from before the page was open are not followed.
      if (stamp === undefined || Number(stamp) < openedMs) continue;
      const hint = heard.find(([end]) => end >= offset);
      if (hint !== undefined) told.push(hint[1] - Number(stamp));
      shown.push((seen.get(stamp) ?? Number.NaN) - Number(stamp));
    }
    tell('written → told to readers', told);
    tell('written → in the DOM     ', shown);
  } finally {
    await browser.close();
  }
}

const lines = Number(process.argv[2] ?? 120);
buildWeb(fileURLToPath(new URL('../../../', import.meta.url)));
const stack = createStack();
try {
  await stack.start();
  console.log(`${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
  await run(stack, lines);
  console.log(`load ${loadavg()[0]?.toFixed(1)} at the end`);
} finally {
  await stack.destroy();
}
