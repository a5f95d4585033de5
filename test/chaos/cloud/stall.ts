import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignalName, SignalRequest } from '@artenic/core';
import type { ControlPlane } from './control-plane.ts';

const answerWithinMs = 2000;
const pauseMs = 200;

/** Result of a stall in which the API returned no request although no answering process had died. */
export const unanswered = 'nothing was answered';

/** Reads the job and repeats a known signal: a query, and a transaction that changes nothing. */
async function isAnswered(plane: ControlPlane, jobId: string, news: SignalRequest): Promise<boolean> {
  const path = `/api/v1/jobs/${jobId}`;
  const name: SignalName = 'capacity-news';
  const statuses = await Promise.all([
    plane.tryOnce('GET', path, undefined, answerWithinMs),
    plane.tryOnce('POST', `${path}/signals/${name}`, news, answerWithinMs),
  ]);
  return statuses.every((status) => status !== null && status < 300);
}

/** Stalls the storage for `forMs`. Requests that need no storage must be answered during this time. */
export async function stallStorage(plane: ControlPlane, jobId: string, forMs: number): Promise<string> {
  const news = { id: randomUUID(), occurredAt: new Date().toISOString() };
  if (!(await isAnswered(plane, jobId, news))) return 'not tried: the platform was not there';
  const before = plane.starts();
  const over = { isIt: false };
  const stalled = plane.storage.stall(forMs).then(() => {
    over.isIt = true;
  });
  let tried = 0;
  let answered = 0;
  while (!over.isIt) {
    const isGood = await isAnswered(plane, jobId, news);
    // A try that ends after the stall proves nothing about it.
    if (over.isIt) break;
    tried++;
    if (isGood) answered++;
    await sleep(pauseMs);
  }
  await stalled;
  const after = plane.starts();
  const hasDied = (['api', 'postgres'] as const).some((target) => before[target] !== after[target]);
  if (answered > 0 || hasDied) return `${answered} of ${tried} tries answered`;
  return tried === 0 ? 'not tried: too slow' : unanswered;
}
