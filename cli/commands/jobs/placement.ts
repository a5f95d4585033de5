import { fieldFaults, placementSchema, type JobFile } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { gather } from '../../output/options.ts';

export type PlacementOptions = {
  readonly provider: readonly string[];
  readonly region: readonly string[];
  readonly market?: JobFile['placement']['mode'];
  readonly maxPrice?: string;
};

/** Options for each field of the job file's placement. */
export function addPlacementOptions(command: Command): Command {
  return command
    .option('--provider <name>', 'Run it there instead; repeatable, in order of preference', gather, [])
    .option('--region <name>', 'Only in this region; repeatable', gather, [])
    .addOption(
      command.createOption('--market <mode>', 'Machines to use').choices(placementSchema.shape.mode.unwrap().options),
    )
    .option('--max-price <usd>', 'Maximum price of one machine, in USD per hour');
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
  const [fault] = fieldFaults(parsed.error.issues, placementSchema);
  throw new CliError(
    'usage',
    `placement.${fault?.path.join('.') ?? ''}: ${fault?.message ?? 'this value cannot be used'}`,
  );
}
