import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Runtime } from '../runtime.ts';

async function printLink(runtime: Runtime): Promise<void> {
  const { token, expiresAt } = await runtime.client().signInLink();
  const base = runtime.settings().url?.value;
  if (base === undefined) throw new CliError('usage', 'no API is configured');
  // Text after the # stays in the browser, so no server or proxy writes the token into a log.
  const link = `${new URL('/sign-in', base).href}#token=${token}`;
  runtime.output().result({ link, expiresAt }, () => link);
  runtime.output().say(`Works once, until ${expiresAt}.`);
}

export function addDashboard(program: Command, runtime: Runtime): void {
  program
    .command('dashboard')
    .description('Print a one-time sign-in link')
    .action(() => printLink(runtime));
}
