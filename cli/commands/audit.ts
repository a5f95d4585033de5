import type { AuditEntry } from '@artenic/core';
import type { Command } from 'commander';
import type { Look } from '../output/look.ts';
import { table } from '../output/table.ts';
import type { Runtime } from '../runtime.ts';
import { wholeNumber } from './numbers.ts';

type Options = { readonly subject?: string; readonly by?: string; readonly limit: string };

async function list(runtime: Runtime, { subject, by, limit }: Options): Promise<void> {
  const page = await runtime.client().audit({
    limit: wholeNumber('limit', limit, 200),
    ...(subject === undefined ? {} : { subject }),
    ...(by === undefined ? {} : { principal: by }),
  });
  runtime.output().result(page, (look) => (page.items.length === 0 ? 'No entries.' : auditTable(look, page.items)));
}

function auditTable(look: Look, entries: readonly AuditEntry[]): string {
  return table(
    look,
    [
      { name: 'WHEN', cell: (entry) => look.ago(entry.at) },
      { name: 'WHO', cell: (entry) => entry.principal.name },
      { name: 'ACTION', cell: (entry) => entry.verb },
      { name: 'SUBJECT', cell: (entry) => (isJob(entry) ? look.id(entry.subject) : entry.subject) },
      {
        name: 'DETAILS',
        cell: ({ details }) =>
          Object.values(details)
            .filter((value) => value !== null && value !== '')
            .join(', '),
        isOptional: true,
      },
    ],
    entries,
  );
}

const isJob = ({ verb }: AuditEntry): boolean => verb.startsWith('job.');

export function addAudit(program: Command, runtime: Runtime): void {
  program
    .command('audit')
    .option('--subject <id>', 'Only about this job, key or `<model>/<version>`')
    .option('--by <id>', 'Only by this API key or `system:<name>`')
    .option('--limit <number>', 'Maximum number of entries', '20')
    .description('List who did what, newest first')
    .action((options: Options) => list(runtime, options));
}
