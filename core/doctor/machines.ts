import type { StrayReason } from '@artenic/core';
import type { Complaint, Facts, MuteFacts, RefusedFacts, SilentFacts, StrayFacts } from './facts.ts';

/** A refusal to end an instance is reported after this time; until then a retry may help. */
export const refusedTooLongMs = 60_000;

const strayWords: Readonly<Record<StrayReason, string>> = {
  'unknown-attempt': 'no attempt is known for it',
  'attempt-settled': 'its attempt has ended',
  duplicate: 'its attempt has another instance',
  abandoned: 'nothing continues its attempt',
  'not-ending': 'the provider does not end it',
};

export function ofMachines(facts: Facts): readonly Complaint[] {
  const known = new Set(facts.refused.map(({ instanceId }) => instanceId));
  return [
    ...facts.refused.map(ofRefused),
    ...facts.strays.filter(({ instanceId, isInGrace }) => !isInGrace && !known.has(instanceId)).map(ofStray),
    ...facts.silent.flatMap(ofSilent),
    ...facts.mute.map(ofMute),
  ];
}

function ofRefused({ provider, attemptId, jobId, instanceId, sinceMs, refusals, refusal }: RefusedFacts): Complaint {
  const tries = `${refusals} ${refusals === 1 ? 'try' : 'tries'}`;
  return {
    ...{ id: `ending-refused/${attemptId}`, kind: 'ending-refused', severity: 'critical', subject: provider },
    ...{ sinceMs, jobsBlocked: 1, jobId, provider },
    message: `The provider refuses to end ${instanceId} (${tries}${refusal === null ? '' : `, last answer: ${refusal}`}). Its job cannot continue.`,
    advice: `Artenic retries until the instance is gone. If the provider keeps refusing, end ${instanceId} in its own console.`,
  };
}

function ofStray({ provider, instanceId, jobId, reason, sinceMs }: StrayFacts): Complaint {
  return {
    ...{ id: `orphaned-instance/${provider}/${instanceId}`, kind: 'orphaned-instance', severity: 'critical' },
    ...{ subject: provider, sinceMs, jobsBlocked: 0, jobId, provider },
    message: `Orphaned instance ${instanceId} is still billed: ${strayWords[reason]}.`,
    advice:
      'Artenic retries termination with every sweep. If the provider keeps refusing, end it in the provider’s own console.',
  };
}

function ofSilent(silent: SilentFacts): readonly Complaint[] {
  const { provider, attemptId, jobId, instanceId, kind, sinceMs, silentMs, limitMs } = silent;
  // the runner is likely to report by itself before half of its limit is over
  if (silentMs * 2 < limitMs) return [];
  const minutes = (ms: number): string => `${Math.round(ms / 6000) / 10} min`;
  const what = kind === 'never-spoke' ? 'has not connected' : 'has given no sign of life';
  const end =
    silentMs > limitMs
      ? 'It should have been ended by now: see that a worker runs that serves its provider.'
      : `It is ended after ${minutes(limitMs)}, and its job continues elsewhere.`;
  return [
    {
      ...{ id: `silent-machine/${attemptId}`, kind: 'silent-machine', severity: 'warning', subject: provider },
      ...{ sinceMs, jobsBlocked: 1, jobId, provider },
      message: `The runner of ${attemptId} on ${instanceId} ${what} for ${minutes(silentMs)}.`,
      advice: `${end} If it is one of many, look at the way from these machines to the API (ARTENIC_API_URL).`,
    },
  ];
}

function ofMute({ provider, machines }: MuteFacts): Complaint {
  const subject = machines === 1 ? '1 machine' : `${machines} machines`;
  return {
    ...{ id: `mute-machines/${provider}`, kind: 'mute-machines', severity: 'warning', subject: provider },
    ...{ sinceMs: null, jobsBlocked: 0, jobId: null, provider },
    message: `${subject} of ${provider} never connected within the last day. Artenic terminated ${machines === 1 ? 'it' : 'them'}.`,
    advice: 'See that they can reach the API (ARTENIC_API_URL), that their image boots, and what their consoles say.',
  };
}
