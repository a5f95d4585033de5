import { assertNever } from '../assert-never.ts';
import type { Complaint, Facts, TemporalProblemFacts } from './facts.ts';
import { workerGoneAfterMs } from './workers.ts';

type Kind = TemporalProblemFacts['kind'];

/** Problems with Temporal's set-up that live workers report, each once. */
export function ofTemporalSetup({ workers, untaken }: Facts): readonly Complaint[] {
  const reported = workers
    .filter(({ ageMs }) => ageMs <= workerGoneAfterMs)
    .flatMap(({ temporalProblems }) => temporalProblems);
  const byKind = new Map(reported.map((one) => [one.kind, one.message]));
  return [...byKind].map(([kind, message]) => ({
    ...{ id: `temporal-setup/${kind}`, kind: 'temporal-setup', subject: 'temporal', sinceMs: null, message },
    ...{ severity: kind === 'blocked' ? 'critical' : 'warning', jobsBlocked: kind === 'blocked' ? untaken.jobs : 0 },
    ...{ advice: adviceOf(kind), provider: null, jobId: null },
  }));
}

function adviceOf(kind: Kind): string {
  switch (kind) {
    case 'blocked':
      return "Correct it at the Temporal server or in the worker's settings; the worker tries again by itself.";
    case 'retention':
      return 'Set the retention of the namespace at the Temporal server to a day or more.';
    case 'search-attributes':
      return 'Compare the list with the namespace, and add what is missing at the Temporal server.';
    default:
      return assertNever(kind);
  }
}
