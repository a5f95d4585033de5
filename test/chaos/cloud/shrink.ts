import type { Played } from './play.ts';
import type { Batch } from './schedule.ts';
import type { Violation } from './verdict.ts';

export type Shrunk = {
  /** What is left: taking any more away made it pass, or the time was over. */
  readonly batch: Batch;
  readonly story: readonly string[];
  readonly tries: number;
  /** False: none of the new runs failed as the first one did. */
  readonly isReproduced: boolean;
};

const actIds = ({ schedules }: Batch): readonly string[] => schedules.flatMap(({ acts }) => acts.map(({ id }) => id));

function withoutActs(batch: Batch, dropped: ReadonlySet<string>): Batch {
  const schedules = batch.schedules.map((one) => ({ ...one, acts: one.acts.filter(({ id }) => !dropped.has(id)) }));
  return { ...batch, schedules };
}

/** Looks for the smallest part of a batch that still breaks the same promise: first its job alone, then act by act. */
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
  /** Whether it fails in the same way. */
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
  // what happens at the same moment differs from run to run
  const isAloneEnough = (await fails(alone)) || (await fails(alone));
  let smallest = isAloneEnough ? alone : batch;
  if (!isAloneEnough) {
    // with the others' jobs beside it, but what is done to them left out
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
