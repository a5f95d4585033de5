import type { AuditEntry } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { ago, table } from '../output/output.ts';
import type { Runtime } from '../runtime.ts';

type Options = { readonly subject?: string; readonly by?: string; readonly limit: string };

async function list(runtime: Runtime, { subject, by, limit }: Options): Promise<void> {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1 || most > 200)
    throw new CliError('usage', `--limit ${limit} is no number from 1 to 200`);
  const page = await runtime.client().audit({
    limit: most,
    ...(subject === undefined ? {} : { subject }),
    ...(by === undefined ? {} : { principal: by }),
  });
  runtime.output().result(page, () => describe(page.items));
}

function describe(entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'nothing yet';
  const rows = entries.map(({ at, principal, verb, subject, details }) => {
    const words = Object.values(details).filter((value) => value !== null && value !== '');
    return [ago(at), principal.name, verb, subject, words.join(', ')];
  });
  return table(['WHEN', 'WHO', 'WHAT', 'TO WHAT', ''], rows);
}

export function addAudit(program: Command, runtime: Runtime): void {
  program
    .command('audit')
    .option('--subject <id>', 'only about this job, key or `<model>/<version>`')
    .option('--by <id>', 'only by this API key or `system:<name>`')
    .option('--limit <number>', 'at most so many', '20')
    .description('who did what, newest first')
    .action((options: Options) => list(runtime, options));
}
