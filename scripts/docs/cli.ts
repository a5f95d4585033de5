import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';

function optionRows(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map(({ flags, description, defaultValue, argChoices }) => {
      const fallback: unknown = defaultValue;
      const shown = typeof fallback === 'string' ? fallback : '';
      const notes = [
        argChoices === undefined ? '' : `one of ${argChoices.map((one) => `\`${one}\``).join(', ')}`,
        shown === '' ? '' : `default \`${shown}\``,
      ].filter((note) => note !== '');
      return `| \`${flags.replaceAll('|', '\\|')}\` | ${description}${notes.length === 0 ? '' : ` (${notes.join('; ')})`} |`;
    });
}

function usageOf(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  const places = command.registeredArguments.map((argument) => {
    const shown = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${shown}>` : `[${shown}]`;
  });
  return [...names, ...places].join(' ');
}

function section(command: Command): string {
  const lines = [`## \`${usageOf(command)}\``, '', `${command.description()}.`];
  const aliases = command.parent?.aliases() ?? [];
  if (aliases.length > 0) lines.push('', `Also as ${aliases.map((one) => `\`artenic ${one} …\``).join(' and ')}.`);
  const places = command.registeredArguments.filter(({ description }) => description !== '');
  if (places.length > 0) lines.push('', ...places.map((one) => `- \`${one.name()}\`: ${one.description}`));
  const options = optionRows(command);
  if (options.length > 0) lines.push('', '| option | |', '|---|---|', ...options);
  return lines.join('\n');
}

function leaves(command: Command): readonly Command[] {
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
  return below.length === 0 ? [command] : below.flatMap(leaves);
}

/** Reference of every `artenic` command with its options. */
export function cliDocument(): string {
  const program = createProgram(new AbortController().signal);
  return `# Command line

\`npx artenic <command>\` from a clone. Made from \`cli/\` by \`node scripts/generate.ts\`.

Settings are taken from flags, then environment variables, then the profile in \`~/.artenic/config.toml\`, then the
stack that \`npm start\` runs on this machine.

## Output

Results go to standard output; remarks, progress and the commands that are useful next go to standard error. With
\`--json\` standard output is one JSON document and nothing else; commands that follow something print one document a line.

A terminal gets short ids (their last 8 characters) and a table that fits it: the last column is wrapped, less important
columns are left out, and below the width at which a table can be read each row becomes a block. \`--wide\` prints whole
ids and every column. A pipe or a file always gets both, one row a line, without tabs and colours.

Colours are for terminals. \`--no-color\` turns them off, then \`FORCE_COLOR\` decides (\`0\` is off, anything else is on, also
in a pipe), then \`NO_COLOR\`.

A job is named by its id, or by at least 6 characters of its beginning or end: \`artenic jobs 348d4e2b\`.

## Exit codes

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the job failed, the answer is no, or there is nothing to show |
| 2 | wrong usage or a wrong job file; nothing was sent |
| 3 | the API cannot be reached |
| 4 | the API refused the request |
| 130 | interrupted |

| option of every command | |
|---|---|
${optionRows(program).join('\n')}

${leaves(program).map(section).join('\n\n')}
`;
}
