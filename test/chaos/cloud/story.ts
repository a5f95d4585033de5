import type { LedgerEntry } from '../../../simulated-cloud/rules/entries.ts';
import type { ControlPlane } from './control-plane.ts';
import { describeAct } from './describe.ts';
import type { Cast, Evidence } from './verdict.ts';

type Line = { readonly realMs: number; readonly text: string };

/** A job's way through its schedule: the acts, the cloud's ledger entries and the platform's decisions. */
export async function tellStory(plane: ControlPlane, cast: Cast, evidence: Evidence): Promise<readonly string[]> {
  const { jobId, schedule } = cast;
  const lines = [
    ...ofCloud(jobId, evidence.ledger),
    ...evidence.deeds
      // A killed process affects all jobs.
      .filter((deed) => deed.jobId === jobId || deed.act.action.do === 'kill')
      .map(({ act, atMs, result, jobId: owner }): Line => ({
        realMs: atMs,
        text: `chaos: ${describeAct(act)}${owner === jobId ? '' : ' (for another job)'}: ${result}`,
      })),
    ...(await ofPlatform(plane, jobId)),
  ].toSorted((one, other) => one.realMs - other.realMs);
  const first = lines[0]?.realMs ?? 0;
  const mode = `schedule ${schedule.index}, job ${jobId}, ${schedule.mode}`;
  return [mode, ...lines.map(({ realMs, text }) => `${((realMs - first) / 1000).toFixed(3).padStart(8)} s  ${text}`)];
}

function ofCloud(jobId: string, ledger: readonly LedgerEntry[]): readonly Line[] {
  const [opened] = ledger;
  if (opened?.kind !== 'opened') return [];
  const realMs = (atMs: number) => opened.originMs + (atMs - opened.originMs) / opened.scale;
  const ours = new Set(
    ledger.flatMap((entry) =>
      entry.kind === 'created' && (entry.tags['artenic-attempt'] ?? '').includes(jobId) ? [entry.instanceId] : [],
    ),
  );
  return ledger.flatMap((entry): readonly Line[] => {
    if (entry.kind === 'fault-fired') {
      const isOurs = entry.name === null || entry.name.includes(jobId.toLowerCase());
      return isOurs
        ? [{ realMs: realMs(entry.atMs), text: `cloud: ${entry.operation} meets ${JSON.stringify(entry.fault)}` }]
        : [];
    }
    if (!('instanceId' in entry) || !ours.has(entry.instanceId)) return [];
    const { kind, atMs, instanceId } = entry;
    const more =
      kind === 'created'
        ? `for ${entry.tags['artenic-attempt'] ?? '?'} in ${entry.zone}`
        : kind === 'ended'
          ? `by ${entry.endedBy}`
          : kind === 'script-step'
            ? String(entry.step)
            : '';
    return [{ realMs: realMs(atMs), text: `cloud: ${instanceId} ${kind} ${more}`.trimEnd() }];
  });
}

async function ofPlatform(plane: ControlPlane, jobId: string): Promise<readonly Line[]> {
  const events = await plane.query<{ at: Date; kind: string; subject: string; data: Record<string, unknown> }>(
    `select at, kind, subject, data from events where subject = $1 or subject like $1 || '/%' or data->>'attemptId' like $1 || '/%'`,
    [jobId],
  );
  const decisions = await plane.query<{ at: Date; decision: number; action: unknown }>(
    'select decided_at as at, decision, action from decisions where job_id = $1',
    [jobId],
  );
  return [
    ...events.map(({ at, kind, subject, data }): Line => {
      const { state, message, ending, reason } = data;
      const words = [state, message, ending === null ? undefined : ending, reason].filter(
        (word) => word !== undefined && word !== '',
      );
      return {
        realMs: at.getTime(),
        text: `platform: ${kind} ${subject} ${words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ')}`,
      };
    }),
    ...decisions.map(({ at, decision, action }): Line => ({
      realMs: at.getTime(),
      text: `platform: decision ${decision} ${JSON.stringify(action)}`,
    })),
  ];
}
