import { z } from 'zod';

const count = z.number().int().min(0);
const counts = z.record(z.string(), count);
const spread = z.strictObject({ p50: count, p95: count, most: count });

const outageSchema = z.strictObject({
  /** In the cloud's time. */
  downSeconds: count,
  how: z.enum(['SIGKILL', 'stop']),
  jobs: count,
  finishedMeanwhile: count,
  relaunches: count,
  wrongStates: count,
  /** From the start of the first process until every job that had finished is shown as such, in real time. */
  consistentMs: count,
  /** The same, from the moment that API and worker say that they are ready. */
  consistentAfterReadyMs: count,
});

/** What one run of `npm run chaos` writes: its last line, and the files in docs/reliability. */
export const runRecordSchema = z.strictObject({
  command: z.string(),
  date: z.iso.date(),
  cores: z.number().int(),
  seed: z.number().int(),
  machines: z.enum(['scripted', 'runner']),
  sabotage: z.string().nullable(),
  schedules: count,
  /** Instances that the cloud has made. */
  instances: count,
  /** Instance-seconds after everything was over, in the cloud's time. */
  orphanSeconds: z.number().min(0),
  /** What the cloud has billed, and we have counted. */
  costUsdMicros: count,
  /** By kind; what is not 0 stands in `found`. */
  violations: counts,
  found: z.array(z.strictObject({ kind: z.string(), index: z.number().int(), detail: z.string() })),
  /** What was done, by kind, and how much of it to jobs of which every promise was kept. */
  faults: counts,
  survived: counts,
  /** Answers of the cloud that were spoilt. */
  cloudFaultsFired: counts,
  /** Processes that died. */
  deaths: counts,
  /** kill -9 by the named point at which it struck. */
  killsAt: counts,
  /** Named points at which jobs came by, and of how many. */
  points: z.strictObject({ passed: count, of: count }),
  jobStates: counts,
  outages: z
    .strictObject({
      each: z.array(outageSchema),
      consistentMs: spread,
      consistentAfterReadyMs: spread,
    })
    .nullable(),
  seconds: z.number().min(0),
  secondsPerSchedule: z.number().min(0),
});
export type RunRecord = z.output<typeof runRecordSchema>;

/** docs/reliability/found.json: bugs of the platform that chaos has brought to light. */
export const foundBugsSchema = z.array(
  z.strictObject({
    date: z.iso.date(),
    /** The kind of violation, or what was seen otherwise. */
    seen: z.string(),
    what: z.string(),
    cause: z.string(),
    mended: z.string(),
    reproducer: z.string(),
  }),
);
export type FoundBugs = z.output<typeof foundBugsSchema>;
