import { z } from 'zod';
import type { CloudState, Instance } from './state.ts';

export const judgeQuestionSchema = z.strictObject({
  /** Tag that names the attempt. */
  tag: z.string().default('artenic-attempt'),
  /** Cloud time from which no instance may be alive. */
  quiescentAtMs: z.number().nullable().default(null),
  /** By attempt: cloud time at which it was reported as over. */
  saidOverAtMs: z.record(z.string(), z.number()).default({}),
});
export type JudgeQuestion = z.output<typeof judgeQuestionSchema>;

export type AttemptBill = {
  readonly attempt: string;
  readonly instances: readonly {
    readonly instanceId: string;
    readonly createdAtMs: number;
    readonly runningAtMs: number | null;
    readonly endedAtMs: number | null;
    readonly endedBy: string | null;
    readonly priceUsdMicrosPerHour: number;
    readonly billedMs: number;
    readonly costUsdMicros: number;
  }[];
  /** Sum over its ended instances. */
  readonly costUsdMicros: number;
  /** Seconds for which its instances lived after it was reported as over. */
  readonly aliveAfterSaidOverSeconds: number;
};

export type Judgement = {
  readonly nowMs: number;
  readonly instances: number;
  readonly alive: readonly string[];
  readonly costUsdMicros: number;
  /** Instance-seconds after `quiescentAtMs`. */
  readonly orphanSeconds: number;
  /** Attempts with more than one instance that ever ran. */
  readonly launchedTwice: readonly string[];
  /** Attempts with more than one instance at the same time. */
  readonly doubled: readonly string[];
  readonly saidOverWhileAlive: readonly string[];
  readonly untagged: readonly string[];
  readonly attempts: readonly AttemptBill[];
};

/**
 * The bill by attempt. Uses only the cloud's own instances: apart from the question, no claim of the control plane is
 * an input.
 */
export function judge(state: CloudState, question: JudgeQuestion, nowMs: number): Judgement {
  const all = [...state.instances.values()];
  const groups = Map.groupBy(all, ({ tags }) => tags[question.tag]);
  const attempts = [...groups].flatMap(([attempt, instances]) =>
    attempt === undefined ? [] : [billOf(attempt, instances, question.saidOverAtMs[attempt] ?? null, nowMs)],
  );
  const isDoubled = (instances: readonly Instance[]) =>
    instances.some((one, index) => instances.slice(index + 1).some((other) => overlap(one, other, nowMs)));
  const tagged = [...groups].filter((group): group is [string, Instance[]] => group[0] !== undefined);
  const quiescentAtMs = question.quiescentAtMs ?? nowMs;
  return {
    nowMs,
    instances: all.length,
    alive: [...state.live.keys()],
    costUsdMicros: all.reduce((sum, { ended }) => sum + (ended?.costUsdMicros ?? 0), 0),
    orphanSeconds: all.reduce((sum, instance) => sum + aliveAfter(instance, quiescentAtMs, nowMs), 0) / 1000,
    launchedTwice: tagged
      .filter(([, instances]) => instances.filter(({ runningAtMs }) => runningAtMs !== null).length > 1)
      .map(([attempt]) => attempt),
    doubled: tagged.filter(([, instances]) => isDoubled(instances)).map(([attempt]) => attempt),
    saidOverWhileAlive: attempts.filter((one) => one.aliveAfterSaidOverSeconds > 0).map(({ attempt }) => attempt),
    untagged: (groups.get(undefined) ?? []).map(({ instanceId }) => instanceId),
    attempts,
  };
}

function billOf(
  attempt: string,
  instances: readonly Instance[],
  saidOverAtMs: number | null,
  nowMs: number,
): AttemptBill {
  const bills = instances.map(({ instanceId, createdAtMs, runningAtMs, ended, priceUsdMicrosPerHour }) => ({
    ...{ instanceId, createdAtMs, runningAtMs, priceUsdMicrosPerHour },
    endedAtMs: ended?.atMs ?? null,
    endedBy: ended?.endedBy ?? null,
    billedMs: ended?.billedMs ?? 0,
    costUsdMicros: ended?.costUsdMicros ?? 0,
  }));
  const lateMs =
    saidOverAtMs === null ? 0 : instances.reduce((sum, instance) => sum + aliveAfter(instance, saidOverAtMs, nowMs), 0);
  return {
    attempt,
    instances: bills,
    costUsdMicros: bills.reduce((sum, { costUsdMicros }) => sum + costUsdMicros, 0),
    aliveAfterSaidOverSeconds: lateMs / 1000,
  };
}

/** Milliseconds for which it has lived after `fromMs`. */
function aliveAfter({ createdAtMs, ended }: Instance, fromMs: number, nowMs: number): number {
  return Math.max(0, (ended?.atMs ?? nowMs) - Math.max(fromMs, createdAtMs));
}

function overlap(one: Instance, other: Instance, nowMs: number): boolean {
  const from = Math.max(one.createdAtMs, other.createdAtMs);
  return from < Math.min(one.ended?.atMs ?? nowMs, other.ended?.atMs ?? nowMs);
}
