import { formatSize, type GarbageReport } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Look } from '../output/look.ts';
import { table } from '../output/table.ts';
import type { Runtime } from '../runtime.ts';

function textOf(look: Look, { steps }: GarbageReport): string {
  const due = steps.filter(({ items }) => items > 0);
  if (due.length === 0) return 'Nothing to remove.';
  return table(
    look,
    [
      { name: 'STEP', cell: ({ step }) => step },
      { name: 'ITEMS', cell: ({ items }) => String(items), isNumber: true },
      { name: 'ROWS', cell: ({ rows }) => String(rows), isNumber: true },
      { name: 'OBJECTS', cell: ({ objects }) => String(objects), isNumber: true },
      { name: 'SIZE', cell: ({ bytes }) => formatSize(bytes), isNumber: true },
      { name: 'REST', cell: ({ isMore }) => (isMore ? 'and more' : ''), isOptional: true },
    ],
    due,
  );
}

async function gc(runtime: Runtime, { dryRun }: { readonly dryRun?: true }): Promise<void> {
  if (dryRun !== true)
    throw new CliError('usage', 'the collector runs by itself; --dry-run shows what it would remove now');
  const report = await runtime.client().garbage();
  runtime.output().result(report, (look) => textOf(look, report));
}

export function addCollector(program: Command, runtime: Runtime): void {
  program
    .command('gc')
    .option('--dry-run', 'Remove nothing; show what would go')
    .description('Show what has expired; the collector removes it by itself')
    .action((options: { readonly dryRun?: true }) => gc(runtime, options));
}
