import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignalName, SignalRequest } from '@artenic/core';
import type { ControlPlane } from './control-plane.ts';

const answerWithinMs = 2000;
const pauseMs = 200;

/** Result of a stall in which the API answered nothing although no process that answers had died. */
export const unanswered = 'nothing was answered';

/** Reads a job and tells it once more what it knows: a query, and a transaction that changes nothing. */
async function isAnswered(plane: ControlPlane, jobId: string, news: SignalRequest): Promise<boolean> {
  const path = `/api/v1/jobs/${jobId}`;
  const name: SignalName = 'capacity-news';
  const statuses = await Promise.all([
    plane.tryOnce('GET', path, undefined, answerWithinMs),
    plane.tryOnce('POST', `${path}/signals/${name}`, news, answerWithinMs),
  ]);
  return statuses.every((status) => status !== null && status < 300);
}

/** The storage answers nobody for so long. What needs no storage must be answered meanwhile. */
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
    // a try that ends after the stall says nothing about it
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
