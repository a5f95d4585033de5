import type {
  AttemptView,
  DecisionView,
  LaunchRefusalView,
  JobView,
  MetricPoint,
  ModelVersionView,
  ModelView,
  ProviderView,
  StageChangeView,
} from '@artenic/core';
import { costOfAttempt } from '../../core/cost/cost.ts';
import type { Capacity } from '../../core/capacity/types.ts';
import type {
  AttemptRecord,
  DecisionSummary,
  LaunchRefusalRecord,
  JobRecord,
  MetricRow,
  ModelRecord,
  ModelVersionRecord,
  ProviderRecord,
  StageChangeRecord,
} from '../../store/types.ts';
import { trainingJobWorkflowId } from '../../app/temporal/gateway.ts';

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** Fields of a job's view that do not come from its row alone. */
export type JobFacts = Pick<
  JobView,
  | 'queuePosition'
  | 'situation'
  | 'signOfLife'
  | 'trainingSince'
  | 'trainingMs'
  | 'timeLeftMs'
  | 'bestMetric'
  | 'cost'
  | 'usdMicrosPerHour'
>;

export function jobView(job: JobRecord, facts: JobFacts): JobView {
  return {
    ...facts,
    id: job.id,
    name: job.name,
    service: job.service,
    model: job.model,
    state: job.state,
    message: job.message,
    spec: job.spec,
    labels: job.spec.labels,
    priority: job.priority,
    currentAttempt: job.currentAttempt,
    provider: job.provider,
    market: job.market,
    progress: job.progress,
    result:
      job.resultModel === null || job.resultVersion === null
        ? null
        : { model: job.resultModel, version: job.resultVersion },
    createdBy: job.createdBy,
    projectId: job.projectId,
    createdAt: job.createdAt.toISOString(),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    cancelRequestedAt: iso(job.cancelRequestedAt),
    heldAt: iso(job.heldAt),
    checkpointAskedAt: checkpointAskedAt(job),
    workflowId: trainingJobWorkflowId(job.id),
  };
}

export function attemptView(attempt: AttemptRecord, checkpoints: AttemptView['checkpoints'], now: Date): AttemptView {
  const { id, jobId, state, ending, restoredFrom, reason, offer } = attempt;
  return {
    id,
    jobId,
    attempt: attempt.attempt,
    provider: offer.provider,
    region: offer.region,
    zone: offer.zone ?? null,
    instanceType: offer.instanceType,
    spot: offer.spot,
    priceUsdMicrosPerHour: offer.priceUsdMicrosPerHour,
    billedFrom: iso(attempt.billedFrom),
    billedUntil: iso(attempt.billedUntil),
    cost: costOfAttempt(attempt, now),
    state,
    endingRefused: refusalOf(attempt),
    ending,
    restoredFrom,
    createdAt: attempt.createdAt.toISOString(),
    launchedAt: iso(attempt.launchedAt),
    helloAt: iso(attempt.helloAt),
    lastHeartbeatAt: iso(attempt.lastHeartbeatAt),
    runningAt: iso(attempt.runningAt),
    endedAt: iso(attempt.endedAt),
    reason,
    checkpoints,
  };
}

function checkpointAskedAt({ signals, currentAttempt }: JobRecord): string | null {
  const asked = signals?.checkpoint ?? null;
  return asked === null || asked.attempt !== currentAttempt ? null : new Date(asked.atMs).toISOString();
}

function refusalOf(attempt: AttemptRecord): AttemptView['endingRefused'] {
  const { terminateRefusedAt, terminateRefusals, terminateError, endedAt } = attempt;
  if (terminateRefusedAt === null || endedAt !== null) return null;
  return { since: terminateRefusedAt.toISOString(), tries: terminateRefusals, error: terminateError };
}

/** JSON has no NaN and no infinities: the value is null then, and `nonFinite` names it. */
export function metricView(row: MetricRow): MetricPoint {
  const { attempt, name, step, epoch, value } = row;
  const point = { attempt, name, step, epoch, time: row.time.toISOString() };
  if (Number.isFinite(value)) return { ...point, value };
  return { ...point, value: null, nonFinite: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' };
}

export function modelView(model: ModelRecord): ModelView {
  const { name, latestVersion, productionVersion } = model;
  return { name, createdAt: model.createdAt.toISOString(), latestVersion, productionVersion };
}

export function modelVersionView(version: ModelVersionRecord): ModelVersionView {
  const { chosenId: _, metrics, tags, metadata, createdAt, ...rest } = version;
  return {
    ...{ ...rest, metrics: { ...metrics }, tags: [...tags], metadata: { ...metadata } },
    createdAt: createdAt.toISOString(),
  };
}

export function stageChangeView(change: StageChangeRecord): StageChangeView {
  return { ...change, at: change.at.toISOString() };
}

export function providerView(provider: ProviderRecord, inUse: Capacity | null): ProviderView {
  const { name, usable, message, capabilities, capacity } = provider;
  return {
    name,
    usable,
    message,
    capabilities,
    capacity,
    inUse: inUse === null || capacity === null ? null : { ...inUse, gpuType: capacity.gpuType },
    checkedAt: provider.checkedAt.toISOString(),
  };
}

export function launchRefusalView(refusal: LaunchRefusalRecord): LaunchRefusalView {
  const { offer, kind, message, total, attempt, firstAt, lastAt } = refusal;
  const { provider, region, zone = null, instanceType, spot } = offer;
  return {
    ...{ provider, region, zone, instanceType, spot, kind, message, total, attempt },
    ...{ firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
  };
}

export function decisionView({ decision, policyVersion, action, decidedAt }: DecisionSummary): DecisionView {
  const launch = action.kind === 'replace' ? action.launch : action.kind === 'launch' ? action : null;
  return {
    ...{ decision, policyVersion, kind: action.kind, reason: action.reason },
    attempt: action.kind === 'finish' ? action.attempt : (launch?.attempt ?? null),
    step: launch?.step ?? null,
    waitsFor: action.kind === 'wait' ? (action.waitsFor ?? null) : null,
    decidedAt: decidedAt.toISOString(),
  };
}
