import type { AttemptEnding } from '@artenic/core';
import { assertNever } from '../../core/assert-never.ts';
import { judgeMarker, judgeUnreadable, judgeWithoutMarker } from '../../core/jobs/judge.ts';
import { readCompletion } from '../../store/attempts/completion.ts';
import type { ControlActivities } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';
import { modelPathOf } from '../models/model-path.ts';
import { moveSpareOutputs } from '../failover/spare-outputs.ts';

type CollectInput = Parameters<ControlActivities['collectAttempt']>[0];

export async function collectAttempt(
  deps: ControlDeps,
  { attemptId, evidence, launchError }: CollectInput,
): Promise<AttemptEnding> {
  const attempt = await deps.store.attempts.get(attemptId);
  const { stopRequested } = attempt;
  const completion = await readCompletion(deps.storage, attempt);
  switch (completion.kind) {
    case 'none':
      return judgeWithoutMarker({ stopRequested, evidence, launchError });
    case 'unreadable':
      return judgeUnreadable(completion.problem);
    case 'marker': {
      const { marker } = completion;
      await moveSpareOutputs(deps.storage, attempt, marker);
      const { spec } = await deps.store.jobs.get(attempt.jobId);
      return judgeMarker({ stopRequested, marker, spec, modelPath: modelPathOf(spec) });
    }
    default:
      return assertNever(completion);
  }
}
