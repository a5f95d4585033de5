import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../support/stack.ts';
import { percentile, rounded } from '../statistics.ts';

/** Promise to a caller while a server of the platform is away. */
const goalMs = 2000;
const patienceMs = 60_000;

export type Answer = { readonly status: number; readonly text: string; readonly retryAfter: string | null };
export type Probe = {
  readonly name: string;
  readonly everyMs: number;
  readonly ask: () => Promise<Answer>;
  readonly isGood: (answer: Answer) => boolean;
};

/** One call without a second try. @throws when no answer comes */
export async function callOnce(stack: Stack, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(new URL(path, stack.endpoints().api), {
    method,
    headers: {
      authorization: `Bearer ${stack.adminKey()}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  return {
    status: response.status,
    text: await response.text(),
    retryAfter: response.headers.get('retry-after'),
  };
}

export const isOk = ({ status }: Answer): boolean => status >= 200 && status < 300;
export const isPutOff = ({ status, retryAfter }: Answer): boolean => status === 503 && retryAfter !== null;

type Findings = { readonly tookMs: number[]; readonly bad: string[] };

async function probeUntil(probe: Probe, over: AbortSignal): Promise<Findings> {
  const found: Findings = { tookMs: [], bad: [] };
  while (!over.aborted) {
    const startedMs = performance.now();
    const problem = await probe.ask().then(
      (answer) => (probe.isGood(answer) ? null : `${answer.status}: ${answer.text.slice(0, 200)}`),
      (error: unknown) => String(error),
    );
    const tookMs = performance.now() - startedMs;
    // a call that ends after the outage says nothing about it
    if (over.aborted) break;
    found.tookMs.push(tookMs);
    if (problem !== null) found.bad.push(problem);
    await sleep(Math.max(0, probe.everyMs - tookMs), undefined, { signal: over }).catch(() => undefined);
  }
  return found;
}

/** Asks again and again until the outage is over, prints what came of it, and answers whether all was as promised. */
export async function probeDuring(probes: readonly Probe[], over: AbortSignal): Promise<boolean> {
  const findings = await Promise.all(probes.map(async (probe) => [probe.name, await probeUntil(probe, over)] as const));
  for (const [name, { tookMs, bad }] of findings) {
    const late = tookMs.filter((ms) => ms > goalMs).length;
    console.log(
      `  ${name}: ${tookMs.length} calls, p50 ${rounded(percentile(tookMs, 0.5), 0)} ms, most ${rounded(Math.max(...tookMs), 0)} ms, ${late} later than ${goalMs} ms, ${bad.length} wrong`,
    );
    for (const one of new Set(bad.slice(0, 3))) console.log(`    ${one}`);
  }
  return findings.every(([, { tookMs, bad }]) => bad.length === 0 && tookMs.every((ms) => ms <= goalMs));
}
