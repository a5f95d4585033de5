import type { Argument, Command, Option } from 'commander';
import { CliError } from './cli-error.ts';
import type { Runtime } from './runtime.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** Each script calls the command itself, so that completions include models and jobs and never go out of date. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: `_artenic() {
  local IFS=$'\\n'
  COMPREPLY=($(artenic __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _artenic artenic
`,
  zsh: `#compdef artenic
_artenic() {
  local -a found
  found=("\${(@f)$(artenic __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -a found; else _files; fi
}
if [ "$funcstack[1]" = "_artenic" ]; then _artenic; else compdef _artenic artenic; fi
`,
  fish: `function __artenic_complete
  set -l found (artenic __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c artenic -e
complete -c artenic -f -a '(__artenic_complete)'
`,
};

const howTo: Readonly<Record<Shell, string>> = {
  bash: 'echo \'eval "$(artenic completion bash)"\' >> ~/.bashrc',
  zsh: 'artenic completion zsh > "${fpath[1]}/_artenic"',
  fish: 'artenic completion fish > ~/.config/fish/completions/artenic.fish',
};

/** A slow API must not block the shell while the user types. */
const patienceMs = 1500;
const mostJobs = 50;

async function valuesOf(argument: Argument, command: Command, runtime: Runtime): Promise<readonly string[]> {
  if (argument.argChoices !== undefined) return argument.argChoices;
  const parent = command.parent?.name();
  const isModel = argument.name() === 'model' || (parent === 'model' && argument.name() === 'name');
  const isJob = parent === 'jobs' && argument.name() === 'id';
  if (!isModel && !isJob) return [];
  const found: string[] = [];
  const client = runtime.client();
  const all = isModel ? client.models.list({ pageSize: 200 }) : client.jobs.list({ pageSize: mostJobs });
  for await (const one of all) {
    found.push('id' in one ? one.id : one.name);
    if (isJob && found.length >= mostJobs) break;
  }
  return found;
}

const takesValue = (option: Option): boolean => option.required || option.optional;

type Place = { readonly command: Command; readonly given: number; readonly option: Option | null };

/**
 * The command that the complete words select, the number of its arguments so far, and the option awaiting its value.
 */
function follow(program: Command, words: readonly string[]): Place {
  let [command, given, option]: [Command, number, Option | null] = [program, 0, null];
  for (const word of words) {
    if (option !== null) option = null;
    else if (word.startsWith('-')) {
      const known = [...command.options, ...program.options].find((one) => one.long === word || one.short === word);
      option = known !== undefined && takesValue(known) ? known : null;
    } else {
      const next: Command | undefined = command.commands.find(
        (one) => one.name() === word || one.aliases().includes(word),
      );
      if (next === undefined) given++;
      else [command, given] = [next, 0];
    }
  }
  return { command, given, option };
}

/** Completions for the last word. */
async function candidates(program: Command, words: readonly string[], runtime: Runtime): Promise<string[]> {
  const started = words.at(-1) ?? '';
  const { command, given, option } = follow(program, words.slice(0, -1));
  const all: string[] = [];
  if (option !== null) all.push(...(option.argChoices ?? []));
  else if (started.startsWith('-'))
    all.push(...[...command.options, ...program.options].flatMap(({ long }) => (long === undefined ? [] : [long])));
  else {
    all.push(
      ...command
        .createHelp()
        .visibleCommands(command)
        .map((one) => one.name()),
    );
    const places = command.registeredArguments;
    const last = places.at(-1);
    const argument = places[given] ?? (last?.variadic === true ? last : undefined);
    if (argument !== undefined) all.push(...(await valuesOf(argument, command, runtime)));
  }
  return all.filter((one) => one.startsWith(started));
}

export function addCompletion(program: Command, runtime: Runtime): void {
  program
    .command('completion')
    .addArgument(program.createArgument('<shell>').choices(shells))
    .description('Print the completion script of a shell')
    .addHelpText('after', `\n${shells.map((shell) => `${shell.padEnd(5)} ${howTo[shell]}`).join('\n')}`)
    .action((shell: string) => {
      const known = shells.find((one) => one === shell);
      if (known === undefined) throw new CliError('usage', `unknown shell ${shell}: use ${shells.join(', ')}`);
      process.stdout.write(scripts[known]);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const late = setTimeout(() => process.exit(0), patienceMs);
      try {
        for (const one of await candidates(program, words, runtime)) process.stdout.write(`${one}\n`);
      } catch {
        // On a failure the shell gets no candidates; an error message would break the user's line.
      } finally {
        clearTimeout(late);
      }
    });
}
