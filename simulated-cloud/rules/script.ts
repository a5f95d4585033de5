import { z } from 'zod';

/** Steps of a scripted instance, run one after the other. Times are the cloud's. */
const stepSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('wait'), seconds: z.number().min(0) }),
  /** A line on its console. */
  z.strictObject({ do: z.literal('say'), line: z.string() }),
  /** Trades the bootstrap token for an attempt token, as a runner does. */
  z.strictObject({ do: z.literal('hello') }),
  z.strictObject({ do: z.literal('phase'), phase: z.enum(['setup', 'training']) }),
  z.strictObject({ do: z.literal('heartbeat'), progress: z.number().min(0).max(1).nullable() }),
  /** Writes the completion marker, then reports to the API. */
  z.strictObject({ do: z.literal('complete'), exitCode: z.number().int() }),
  /** The machine switches itself off. */
  z.strictObject({ do: z.literal('exit') }),
]);
export type Step = z.output<typeof stepSchema>;

/** After its last step the instance stays on: it hangs until it is terminated or preempted. */
export const scriptSchema = z.array(stepSchema).max(1000);
export type Script = z.output<typeof scriptSchema>;
