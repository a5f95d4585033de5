import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { maskKey } from '../output/mask.ts';
import { table } from '../output/output.ts';
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
  runtime.output().result(shown, () =>
    table(
      ['SETTING', 'VALUE', 'FROM'],
      Object.entries(shown.settings).map(([name, found]) => [
        name,
        found === null ? '' : String(found.value),
        found === null ? 'not set' : found.source,
      ]),
    ),
  );
}

async function set(runtime: Runtime, setting: string, value: string): Promise<void> {
  const known = profileSettings.find((one) => one === setting);
  if (known === undefined) throw new CliError('usage', `a setting is one of ${profileSettings.join(', ')}`);
  const given = value === '-' ? (await text(process.stdin)).trim() : value;
  const file = readProfiles();
  const name = runtime.profileName() ?? file.profile ?? 'default';
  writeProfiles(withSetting(file, name, known, given));
  const shown = known === 'api-key' ? maskKey(given) : given;
  runtime
    .output()
    .result(
      { profile: name, setting: known satisfies ProfileSetting, value: shown },
      () => `profile ${name}: ${known} is ${shown}`,
    );
}

function use(runtime: Runtime, name: string): void {
  const file = readProfiles();
  profileOf(file, name);
  writeProfiles({ ...file, profile: name });
  runtime.output().result({ profile: name }, () => `profile ${name} holds from now on`);
}

/** `config`: profiles of connection settings in a file of the user. */
export function addConfig(program: Command, runtime: Runtime): void {
  const config = program.command('config').description('connection settings and profiles');
  config
    .command('show')
    .description('what holds now and where it comes from')
    .action(() => show(runtime));
  config
    .command('set')
    .argument('<setting>', profileSettings.join(', '))
    .argument('<value>', 'or - to read it from standard input, so that a key is in no history')
    .description('set a value of the profile that holds, or of --profile')
    .action((setting: string, value: string) => set(runtime, setting, value));
  config
    .command('use-profile')
    .argument('<name>')
    .description('the profile that holds when none is named')
    .action((name: string) => use(runtime, name));
}
