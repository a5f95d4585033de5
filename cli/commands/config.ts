import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { maskKey } from '../output/mask.ts';
import { table } from '../output/table.ts';
import {
  profileOf,
  profilePath,
  profileSettings,
  readProfiles,
  withSetting,
  writeProfiles,
  type ProfileSetting,
} from '../settings/profiles.ts';
import type { Runtime } from '../runtime.ts';

function show(runtime: Runtime): void {
  const settings = runtime.settings();
  const shown = {
    file: profilePath(),
    profiles: Object.keys(readProfiles().profiles),
    settings: {
      profile: settings.profile,
      url: settings.url,
      'api-key': settings.apiKey === null ? null : { ...settings.apiKey, value: maskKey(settings.apiKey.value) },
      timeout: settings.timeoutSeconds,
      json: settings.json,
    },
  };
  runtime.output().result(shown, (look) =>
    table(
      look,
      [
        { name: 'SETTING', cell: ([name]) => name },
        { name: 'VALUE', cell: ([, found]) => (found === null ? '' : String(found.value)) },
        { name: 'SOURCE', cell: ([, found]) => (found === null ? 'not set' : found.source) },
      ],
      Object.entries(shown.settings),
    ),
  );
}

async function set(runtime: Runtime, setting: string, value: string): Promise<void> {
  const known = profileSettings.find((one) => one === setting);
  if (known === undefined) throw new CliError('usage', `unknown setting ${setting}: use ${profileSettings.join(', ')}`);
  const given = value === '-' ? (await text(process.stdin)).trim() : value;
  const file = readProfiles();
  const name = runtime.profileName() ?? file.profile ?? 'default';
  writeProfiles(withSetting(file, name, known, given));
  const shown = known === 'api-key' ? maskKey(given) : given;
  runtime
    .output()
    .result(
      { profile: name, setting: known satisfies ProfileSetting, value: shown },
      () => `Profile ${name}: ${known} is ${shown}.`,
    );
}

function use(runtime: Runtime, name: string): void {
  const file = readProfiles();
  profileOf(file, name);
  writeProfiles({ ...file, profile: name });
  runtime.output().result({ profile: name }, () => `${name} is the default profile now.`);
}

/** `config`: profiles of connection settings in a file of the user. */
export function addConfig(program: Command, runtime: Runtime): void {
  const config = program.command('config').description('Connection settings and profiles');
  config
    .command('show')
    .description('Show effective settings and their source')
    .action(() => show(runtime));
  config
    .command('set')
    .argument('<setting>', `One of ${profileSettings.join(', ')}`)
    .argument('<value>', 'Value, or - to read it from standard input, so that a key is in no history')
    .description('Set a value of the default profile, or of --profile')
    .action((setting: string, value: string) => set(runtime, setting, value));
  config
    .command('use-profile')
    .argument('<name>')
    .description('Set the default profile')
    .action((name: string) => use(runtime, name));
}
