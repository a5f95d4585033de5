import type { GarbageReport } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { table } from './output.ts';
import type { Runtime } from '../runtime.ts';

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function textOf({ steps }: GarbageReport): string {
  const due = steps.filter(({ items }) => items > 0);
  if (due.length === 0) return 'Nothing has served its time.';
  return table(
    ['STEP', 'ITEMS', 'ROWS', 'OBJECTS', 'SIZE', ''],
    due.map(({ step, items, rows, objects, bytes, isMore }) => [
      step,
      String(items),
      String(rows),
      String(objects),
      megabytes(bytes),
      isMore ? 'and more' : '',
    ]),
  );
}

async function gc(runtime: Runtime, { dryRun }: { readonly dryRun?: true }): Promise<void> {
  if (dryRun !== true)
    throw new CliError('usage', 'the collector runs by itself; --dry-run tells what it would remove now');
  const report = await runtime.client().garbage();
  runtime.output().result(report, () => textOf(report));
}

export function addCollector(program: Command, runtime: Runtime): void {
  program
    .command('gc')
    .option('--dry-run', 'remove nothing, tell what would go')
    .description('what has served its time: the collector removes it by itself')
    .action((options: { readonly dryRun?: true }) => gc(runtime, options));
}
