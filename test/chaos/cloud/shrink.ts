import type { Played } from './play.ts';
import type { Batch } from './schedule.ts';
import type { Violation } from './verdict.ts';

export type Shrunk = {
  /** The smallest failing batch: removing any more acts made it pass, or the time was over. */
  readonly batch: Batch;
  readonly story: readonly string[];
  readonly tries: number;
  /** False when no new run failed in the same way as the first. */
  readonly isReproduced: boolean;
};

const actIds = ({ schedules }: Batch): readonly string[] => schedules.flatMap(({ acts }) => acts.map(({ id }) => id));

function withoutActs(batch: Batch, dropped: ReadonlySet<string>): Batch {
  const schedules = batch.schedules.map((one) => ({ ...one, acts: one.acts.filter(({ id }) => !dropped.has(id)) }));
  return { ...batch, schedules };
}

/** Searches for the smallest part of a batch that breaks the same promise: first its job alone, then act by act. */
export async function shrink(
  batch: Batch,
  violation: Violation,
  first: Played,
  options: {
    readonly playAgain: (batch: Batch) => Promise<Played>;
    readonly say: (line: string) => void;
    readonly deadlineMs: number;
  },
): Promise<Shrunk> {
  const { playAgain, say, deadlineMs } = options;
  let tries = 0;
  let story = first.stories.get(violation.index) ?? [];
  /** Whether the candidate breaks the same promise. */
  const fails = async (candidate: Batch): Promise<boolean> => {
    if (Date.now() > deadlineMs) return false;
    tries++;
    const played = await playAgain(candidate);
    const same = played.violations.find(({ kind }) => kind === violation.kind);
    say(`  shrinking, try ${tries}: ${actIds(candidate).length} acts, ${same === undefined ? 'holds' : 'fails'}`);
    if (same === undefined) return false;
    story = played.stories.get(same.index) ?? story;
    return true;
  };
  const alone: Batch = { ...batch, schedules: batch.schedules.filter(({ index }) => index === violation.index) };
  // The order of concurrent events differs from run to run, so try twice.
  const isAloneEnough = (await fails(alone)) || (await fails(alone));
  let smallest = isAloneEnough ? alone : batch;
  if (!isAloneEnough) {
    // Keep the other jobs, but drop their acts.
    const dropped = new Set(actIds(batch).filter((id) => !id.startsWith(`${violation.index}.`)));
    const quiet = withoutActs(batch, dropped);
    if (await fails(quiet)) smallest = quiet;
    else if (!(await fails(batch))) return { batch, story, tries, isReproduced: false };
  }
  for (const id of actIds(smallest)) {
    const candidate = withoutActs(smallest, new Set([id]));
    if (await fails(candidate)) smallest = candidate;
  }
  return { batch: smallest, story, tries, isReproduced: true };
}
