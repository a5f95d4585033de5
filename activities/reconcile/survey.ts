import { isTerminalJobState } from '@artenic/core';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { compare } from '../../core/reconcile/compare.ts';
import type { SeenAttempt, SeenInstance, Verdict, WorkflowState } from '../../core/reconcile/types.ts';
import type { StrayRecord, SweptAttempt } from '../../store/types.ts';
import { trainingJobWorkflowId } from '../../workflows/contracts/index.ts';
import type { SweepPlan } from '../contracts/index.ts';
import type { ReconcileDeps } from '../deps.ts';
import { describeIfKnown, recordBilledTimes } from '../launching/end-instance.ts';
import { consistencyMsOf } from '../providers/consistency.ts';
import type { InstanceHandle, Provider } from '../providers/provider.ts';

/** The rest waits for the next sweep, so that histories and answers stay bounded. */
const most = { attempts: 5000, actions: 200 };
const describedAtOnce = 20;

/**
 * Reads list, rows and workflows in the order in which they are created, so that a younger object can never look
 * orphaned.
 */
export async function surveyProvider(deps: ReconcileDeps, name: string): Promise<SweepPlan> {
  const { store, now, graceMs } = deps;
  const provider = providerNamed(deps, name);
  const consistencyMs = await consistencyMsOf(provider);
  const listedAtMs = now().getTime();
  const instances = await listLiving(deps, provider, listedAtMs - consistencyMs);
  const machine = await provider.machine?.();
  const found = await store.reconcile.attempts({
    provider: name,
    attemptIds: [...new Set(instances.map(({ handle }) => handle.attemptId))],
    limit: most.attempts,
  });
  // instances on another machine are compared by that machine's sweep
  const rows = found.filter((row) => row.machine === null || machine === undefined || row.machine === machine);
  const attempts = await withWorkflows(deps, rows);
  const nowMs = now().getTime();
  const survey = { nowMs, listedAtMs, windows: { graceMs, consistencyMs }, instances, attempts };
  const verdicts = await withEarlierEndTimes(deps, provider, rows, compare(survey));
  await writeDown(deps, name, { attempts, verdicts, at: new Date(nowMs), machine });
  const asked = new Set(instances.flatMap((one) => (one.isRetryAsked === true ? [one.handle.instanceId] : [])));
  return planOf(verdicts, { instances: instances.length, attempts: attempts.length }, { nowMs, asked });
}

export function providerNamed({ providers }: Pick<ReconcileDeps, 'providers'>, name: string): Provider {
  const provider = providers.get(name);
  if (provider === undefined) throw new ArtenicError('unavailable', `This worker does not serve the provider ${name}.`);
  return provider;
}

/** Leaves out instances that were proved gone since `sinceMs`, because an older list may still show them. */
async function listLiving(deps: ReconcileDeps, provider: Provider, sinceMs: number): Promise<readonly SeenInstance[]> {
  const listed = await provider.list();
  const strays = await deps.store.reconcile.strays(provider.name, new Date(sinceMs));
  const known = new Map(strays.map((stray) => [stray.instanceId, stray]));
  return listed.flatMap(({ handle, state, launchedAt }) => {
    const stray = known.get(handle.instanceId);
    if (state === 'gone' || (stray !== undefined && stray.resolvedAt !== null)) return [];
    const launchedAtMs = launchedAt === null ? null : Date.parse(launchedAt);
    const isAsked = stray !== undefined && isRetryAsked(stray);
    const strayedAtMs = stray?.since.getTime() ?? null;
    return [{ handle, state, launchedAtMs, strayedAtMs, ...(isAsked ? { isRetryAsked: true as const } : {}) }];
  });
}

function isRetryAsked({ retryAskedAt, lastTriedAt }: StrayRecord): boolean {
  return retryAskedAt !== null && retryAskedAt > (lastTriedAt ?? new Date(0));
}

async function withWorkflows(deps: ReconcileDeps, rows: readonly SweptAttempt[]): Promise<readonly SeenAttempt[]> {
  const seen: SeenAttempt[] = [];
  for (let first = 0; first < rows.length; first += describedAtOnce) {
    const some = rows.slice(first, first + describedAtOnce);
    seen.push(...(await Promise.all(some.map((row) => withWorkflow(deps, row)))));
  }
  return seen;
}

async function withWorkflow({ describeWorkflow }: ReconcileDeps, row: SweptAttempt): Promise<SeenAttempt> {
  const isJobOver = isTerminalJobState(row.jobState);
  const isSettled = row.endedAt !== null;
  const workflow = isSettled ? 'closed' : stateOf(await describeWorkflow(row.id));
  const asksJob = !isSettled && workflow !== 'open' && !isJobOver;
  return {
    attemptId: row.id,
    jobId: row.jobId,
    settledAtMs: row.endedAt?.getTime() ?? null,
    launchTriedAtMs: row.launchTriedAt?.getTime() ?? null,
    instanceId: row.handle?.instanceId ?? null,
    terminateTriedAtMs: row.terminateTriedAt?.getTime() ?? null,
    isTerminationConfirmed: row.terminationConfirmedAt !== null,
    unwatchedAtMs: row.unwatchedAt?.getTime() ?? null,
    isSuperseded: row.attempt < row.currentAttempt,
    isJobOver,
    workflow,
    jobWorkflow: asksJob ? stateOf(await describeWorkflow(trainingJobWorkflowId(row.jobId))) : 'closed',
  };
}

function stateOf(said: 'open' | 'closed' | 'absent'): WorkflowState {
  return said === 'absent' ? 'none' : said;
}

/**
 * The list proves the end, but only the instance's own record has its billed times. Without that record the next sweep
 * asks again.
 */
async function withEarlierEndTimes(
  { store }: ReconcileDeps,
  provider: Provider,
  rows: readonly SweptAttempt[],
  verdicts: readonly Verdict[],
): Promise<readonly Verdict[]> {
  const handles = new Map(rows.flatMap(({ id, handle, billedUntil }) => (billedUntil === null ? [[id, handle]] : [])));
  const kept: Verdict[] = [];
  for (const verdict of verdicts) {
    const handle = verdict.kind === 'confirm' ? (handles.get(verdict.attemptId) ?? null) : null;
    if (handle === null || (await hasToldTimes(store, provider, handle))) kept.push(verdict);
  }
  return kept;
}

async function hasToldTimes(
  store: ReconcileDeps['store'],
  provider: Provider,
  handle: InstanceHandle,
): Promise<boolean> {
  try {
    const left = await describeIfKnown(provider, handle);
    if (left !== null) await recordBilledTimes(store, left);
    return left === null || left.state === 'gone';
  } catch (error) {
    if (isArtenicError(error)) return false;
    throw error;
  }
}

async function writeDown(
  { store }: ReconcileDeps,
  provider: string,
  {
    attempts,
    verdicts,
    at,
    machine,
  }: {
    readonly attempts: readonly SeenAttempt[];
    readonly verdicts: readonly Verdict[];
    readonly at: Date;
    readonly machine: string | undefined;
  },
): Promise<void> {
  const idsOf = (isWatched: boolean) =>
    attempts
      .filter((one) => one.settledAtMs === null && (one.workflow === 'open') === isWatched)
      .map(({ attemptId }) => attemptId);
  await store.transaction(async ({ reconcile }) => {
    await reconcile.setWatched({ watched: idsOf(true), unwatched: idsOf(false), at });
    await reconcile.confirmTermination(
      verdicts.flatMap((verdict) => (verdict.kind === 'confirm' ? [verdict.attemptId] : [])),
      at,
    );
    await reconcile.unlisted(
      verdicts.flatMap((verdict) => (verdict.kind === 'unlisted' ? [verdict.attemptId] : [])),
      at,
    );
    await reconcile.setStrays(
      provider,
      verdicts.flatMap((verdict) => (verdict.kind === 'stray' ? [verdict.stray] : [])),
      at,
      machine,
    );
  });
}

function planOf(
  verdicts: readonly Verdict[],
  seen: Omit<SweepPlan['seen'], 'strays'>,
  { nowMs, asked }: { readonly nowMs: number; readonly asked: ReadonlySet<string> },
): SweepPlan {
  const strays = verdicts.flatMap((verdict) => (verdict.kind === 'stray' ? [verdict.stray] : []));
  const terminate = strays
    // an instance that its own workflow is ending is left to it, unless a person asks for another try
    .filter(({ handle, dueAtMs }) => (dueAtMs === null ? asked.has(handle.instanceId) : dueAtMs <= nowMs))
    .map(({ handle, reason }) => ({ handle, reason }));
  const settle = verdicts.flatMap((verdict) =>
    verdict.kind === 'settle' && verdict.dueAtMs <= nowMs ? [verdict.attemptId] : [],
  );
  const restart = verdicts.flatMap((verdict) => (verdict.kind === 'restart' ? [verdict.jobId] : []));
  return {
    seen: { ...seen, strays: strays.length },
    confirmed: verdicts.filter(({ kind }) => kind === 'confirm').length,
    terminate: terminate.slice(0, most.actions),
    settle: settle.slice(0, most.actions),
    restart: [...new Set(restart)].slice(0, most.actions),
  };
}
