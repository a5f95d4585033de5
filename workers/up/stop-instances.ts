import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { endProcess, isAlive } from './process-identity.ts';

/** The fields of an instance's record by the local provider that are needed to ask its runner to stop. */
const recordSchema = z.object({ pid: z.number().int(), startedAt: z.string() });

/** When the whole stack stops, a training gets this long to write its last checkpoint. */
const patienceMs = 15_000;

/**
 * Asks the runners of this state folder to stop, as a preemption would: they write a checkpoint, from which the next
 * start of the stack continues. Returns their number.
 */
export async function stopLocalInstances(home: string): Promise<number> {
  const folder = join(home, 'instances');
  if (!existsSync(folder)) return 0;
  const records = readdirSync(folder)
    .map((name) => join(folder, name, 'record.json'))
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      const parsed = recordSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
      return parsed.success && isAlive(parsed.data) ? [parsed.data] : [];
    });
  await Promise.all(records.map((record) => endProcess(record, 'SIGTERM', patienceMs)));
  return records.length;
}
