import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignalAnswer, SignalName, SignalRequest } from '@artenic/core';
import type { ControlPlane } from './control-plane.ts';
import { Refused } from './http.ts';

/**
 * Signals that an outside system sends to a job, in this order. The last signal is a release later than all of them.
 */
export type Words = {
  readonly names: readonly SignalName[];
  readonly pauseMs: number;
  /** In real seconds, independent of the cloud's pace. */
  readonly noticeSeconds: number;
};

type Event = { readonly name: SignalName; readonly body: SignalRequest };

function eventOf(name: SignalName, noticeSeconds: number): Event {
  const now = Date.now();
  const body = { id: randomUUID(), occurredAt: new Date(now).toISOString() };
  if (name !== 'preemption-notice') return { name, body };
  return { name, body: { ...body, deadlineAt: new Date(now + noticeSeconds * 1000).toISOString() } };
}

/** Sends each event once, then all of them again in reverse order: the repeats must not hold the job again. */
export async function tell(plane: ControlPlane, jobId: string, { names, pauseMs, noticeSeconds }: Words) {
  const told: Event[] = [];
  const outcomes: string[] = [];
  const say = async ({ name, body }: Event): Promise<void> => {
    try {
      const { outcome } = await plane.request<SignalAnswer>('POST', `/api/v1/jobs/${jobId}/signals/${name}`, body);
      outcomes.push(`${name} ${outcome}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      outcomes.push(`${name} ${error.status}`);
    }
  };
  for (const name of [...names, 'release' as const]) {
    const event = eventOf(name, noticeSeconds);
    told.push(event);
    await say(event);
    await sleep(pauseMs);
  }
  for (const event of told.toReversed()) await say(event);
  return outcomes.join(', ');
}
