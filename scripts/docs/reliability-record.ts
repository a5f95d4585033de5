import { z } from 'zod';

const count = z.number().int().min(0);
const counts = z.record(z.string(), count);
const spread = z.strictObject({ p50: count, p95: count, most: count });

const outageSchema = z.strictObject({
  /** Length of the outage, in the cloud's time. */
  downSeconds: count,
  how: z.enum(['SIGKILL', 'stop']),
  jobs: count,
  finishedMeanwhile: count,
  relaunches: count,
  wrongStates: count,
  /** Real time from the start of the first process until every finished job is shown as finished. */
  consistentMs: count,
  /** The same, counted from the moment that API and worker report ready. */
  consistentAfterReadyMs: count,
});

/** Record of an `npm run chaos` run: its last output line, and the files in docs/reliability. */
export const runRecordSchema = z.strictObject({
  command: z.string(),
  date: z.iso.date(),
  cores: z.number().int(),
  seed: z.number().int(),
  machines: z.enum(['scripted', 'runner']),
  sabotage: z.string().nullable(),
  schedules: count,
  /** Instances that the cloud created. */
  instances: count,
  /** Instance-seconds after everything was over, in the cloud's time. */
  orphanSeconds: z.number().min(0),
  /** Amount that the cloud billed and the platform counted. */
  costUsdMicros: count,
  /** Number by kind; `found` lists the kinds that are not 0. */
  violations: counts,
  found: z.array(z.strictObject({ kind: z.string(), index: z.number().int(), detail: z.string() })),
  /** Faults by kind: all of them, and those that hit jobs for which every promise was kept. */
  faults: counts,
  survived: counts,
  /** Answers of the cloud that were corrupted. */
  cloudFaultsFired: counts,
  /** Process deaths by name. */
  deaths: counts,
  /** kill -9 by the named point that it hit. */
  killsAt: counts,
  /** Named points that jobs passed, and the number of such points. */
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

/** docs/reliability/found.json: bugs of the platform that chaos runs found. */
export const foundBugsSchema = z.array(
  z.strictObject({
    date: z.iso.date(),
    /** The kind of violation, or another symptom. */
    seen: z.string(),
    what: z.string(),
    cause: z.string(),
    mended: z.string(),
    reproducer: z.string(),
  }),
);
export type FoundBugs = z.output<typeof foundBugsSchema>;
