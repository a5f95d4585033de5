import { placementSchema, type JobFile } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { gather } from '../output/options.ts';

export type PlacementOptions = {
  readonly provider: readonly string[];
  readonly region: readonly string[];
  readonly market?: JobFile['placement']['mode'];
  readonly maxPrice?: string;
};

/** Options for each field of the job file's placement. */
export function addPlacementOptions(command: Command): Command {
  return command
    .option('--provider <name>', 'run it there instead; may be given several times, best first', gather, [])
    .option('--region <name>', 'only in this region; may be given several times', gather, [])
    .addOption(
      command
        .createOption('--market <mode>', 'which machines to take')
        .choices(placementSchema.shape.mode.unwrap().options),
    )
    .option('--max-price <usd>', 'most that one machine may cost an hour');
}

/** Fields without an option keep the file's value. */
export function placementOf(file: JobFile, options: PlacementOptions): JobFile['placement'] {
  const { provider, region, market, maxPrice } = options;
  const parsed = placementSchema.safeParse({
    ...file.placement,
    ...(provider.length === 0 ? {} : { providers: provider }),
    ...(region.length === 0 ? {} : { regions: region }),
    ...(market === undefined ? {} : { mode: market }),
    ...(maxPrice === undefined ? {} : { maxHourlyUsd: Number(maxPrice) }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CliError('usage', `placement.${issue?.path.join('.')}: ${issue?.message}`);
}
