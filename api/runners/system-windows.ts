import { isSystemSeries, jsonOrNull, systemWindowSchema } from '@artenic/core';
import type { SystemWindowRow } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';
import { runnerPrincipal } from '../../app/access/principals.ts';
import type { RunnerCaller } from '../http/route.ts';
import { holdFence } from './fence.ts';
import { freshPart } from './streams.ts';

/** System metrics of an attempt that are kept, in bytes as the runner sends them; runners end at the same size. */
const mostBytes = 64_000_000;

/** Lines that are no window, and series of a newer runner, are left out. */
function parseSystemWindows(text: string, of: Pick<SystemWindowRow, 'jobId' | 'attempt'>): SystemWindowRow[] {
  return text.split('\n').flatMap((line): SystemWindowRow[] => {
    const window = systemWindowSchema.safeParse(jsonOrNull(line)).data;
    if (window === undefined) return [];
    const values = Object.fromEntries(Object.entries(window.values).filter(([name]) => isSystemSeries(name)));
    if (Object.keys(values).length === 0) return [];
    return [{ ...of, at: new Date(window.at), seconds: window.seconds, values }];
  });
}

/** Appends windows. Returns the offset from which the runner continues. */
export async function appendSystemWindows(
  { store }: ApiDeps,
  caller: RunnerCaller,
  offset: number,
  body: Buffer,
): Promise<number> {
  const { attempt, job } = caller;
  const key = { attemptId: attempt.id, stream: 'system' } as const;
  for (;;) {
    const { nextOffset: end } = await store.streams.end(key);
    const part = freshPart(end, offset, body);
    if (part === null) return end;
    const isKept = part.to <= mostBytes;
    const of = { jobId: job.id, attempt: attempt.attempt };
    const rows = isKept ? parseSystemWindows(part.bytes.toString('utf8'), of) : [];
    const isTaken = await store.transaction(runnerPrincipal(caller), async (repositories) => {
      await holdFence(repositories, caller);
      if (!(await repositories.streams.claim(key, part.from, part.to, 0))) return false;
      await repositories.systemMetrics.insert(rows);
      return true;
    });
    // Otherwise a concurrent request with the same piece has advanced the stream.
    if (isTaken) return part.to;
  }
}
