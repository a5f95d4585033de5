import { roughDuration } from './format.ts';
import { z } from 'zod';

/**
 * Kinds of situations of a job that has not ended:
 * - `not-taken`: no worker, or no Temporal, has begun it.
 * - `preparing`: its files and placement are checked.
 * - `credentials`: it waits until a person renews the credentials of every provider that it may use.
 * - `provider`: it waits for a provider that cannot be used for another reason.
 * - `waiting`: it waits for capacity, a quota or a cool-down; the message says for which.
 * - `queue`: it waits behind other jobs.
 * - `held`: a person holds it, and nothing of it runs.
 * - `launching`: a provider is asked for an instance.
 * - `starting`: its instance exists, and its runner has not said hello.
 * - `setup`: its setup commands run.
 * - `training`: its command runs.
 * - `silent`: three heartbeats of its runner are missing.
 * - `stopping`: its command has been asked to stop and saves its work.
 * - `ending`: its instance is being ended and still exists.
 * - `recovering`: an attempt has ended, and the next one is being chosen.
 * - `collecting`: its outputs are collected.
 */
export const situationKinds = [
  ...(['not-taken', 'preparing', 'credentials', 'provider', 'waiting', 'queue', 'held', 'launching'] as const),
  ...(['starting', 'setup', 'training', 'silent', 'stopping', 'ending', 'recovering', 'collecting'] as const),
] as const;
export type SituationKind = (typeof situationKinds)[number];

/** The platform's present work for a job, and since when. */
export const situationSchema = z.object({
  kind: z.enum(situationKinds),
  /** One sentence without a time, such as `Waiting for credentials of aws`. */
  message: z.string(),
  /** More about it: the provider's last answer, the number of tries; null when there is nothing to add. */
  detail: z.string().nullable(),
  /** The step that a person can take; null when nothing has to be done. */
  advice: z.string().nullable(),
  since: z.iso.datetime(),
  /** `warning`: it may resolve by itself. `critical`: a person has to act. */
  level: z.enum(['normal', 'warning', 'critical']),
});
export type Situation = z.output<typeof situationSchema>;

/** An estimate of the time left, such as `about 14 min left`. */
export function timeLeftText(ms: number): string {
  if (ms < 60_000) return 'less than 1 min left';
  const [minutes, hours] = [Math.round(ms / 60_000), ms / 3_600_000];
  if (minutes < 100) return `about ${minutes} min left`;
  return hours < 48 ? `about ${Math.round(hours * 2) / 2} h left` : `about ${Math.round(hours / 24)} d left`;
}

/** Situations that a job's state does not tell: a list shows them in its place. */
const shownKinds: ReadonlySet<SituationKind> = new Set(['ending', 'silent', 'credentials', 'provider', 'held']);

/** State of a job for a list of plain text: `ending` for a job whose instance cannot be ended, not `running`. */
export function shownState({
  state,
  situation,
}: {
  readonly state: string;
  readonly situation: Situation | null;
}): string {
  return situation !== null && shownKinds.has(situation.kind) ? situation.kind : state;
}

/** The situation with its age, such as `No worker has taken this job for 40 s`. */
export function situationText({ message, detail, since }: Situation, nowMs: number): string {
  const age = roughDuration(Math.max(0, nowMs - Date.parse(since)));
  return `${message} for ${age}${detail === null ? '' : ` (${detail})`}`;
}
