import { readFileSync } from 'node:fs';
import { jsonOrNull } from '@artenic/core';
import { z } from 'zod';
import type { AvailabilityTrace, World } from './rules/world.ts';

/**
 * A zone's recording for "Can't Be Late" (NSDI 2024, github.com/skypilot-org/spot-traces): per tick, 1 means available.
 */
const recordingSchema = z.object({
  metadata: z.object({ gap_seconds: z.number().positive() }),
  data: z.array(z.number().int().min(0)).min(1),
});

/**
 * Reads the recordings of some zones into one trace.
 * @param named `ZONE=FILE` of each.
 * @param places Spot instances that the zone holds where the recording says 1.
 * @throws Error that names the wrong file or zone
 */
export function readRecordings(
  named: readonly string[],
  places: number,
  regions: World['regions'],
): AvailabilityTrace | null {
  const known = regions.flatMap(({ zones }) => zones);
  const read = named.map((one) => {
    const end = one.indexOf('=');
    const zone = one.slice(0, Math.max(0, end));
    const file = one.slice(end + 1);
    if (!known.includes(zone)) throw new Error(`--trace ${one}: it is ZONE=FILE, with a zone of ${known.join(', ')}.`);
    const parsed = recordingSchema.safeParse(jsonOrNull(readFileSync(file, 'utf8')));
    if (!parsed.success) throw new Error(`--trace ${one}: ${z.prettifyError(parsed.error)}`);
    return { zone, file, gapSeconds: parsed.data.metadata.gap_seconds, data: parsed.data.data };
  });
  const [first] = read;
  if (first === undefined) return null;
  const other = read.find(({ gapSeconds }) => gapSeconds !== first.gapSeconds);
  if (other !== undefined)
    throw new Error(`Ticks of ${first.file} take ${first.gapSeconds} s, those of ${other.file} ${other.gapSeconds} s.`);
  return {
    gapSeconds: first.gapSeconds,
    zones: Object.fromEntries(read.map(({ zone, data }) => [zone, data.map((value) => value * places)])),
  };
}
