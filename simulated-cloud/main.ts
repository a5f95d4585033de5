import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultWorld } from './rules/default-world.ts';
import { worldSchema, type World } from './rules/world.ts';
import { startCloud } from './server.ts';
import { readRecordings } from './traces.ts';

/**
 * `--world` names a JSON file that overrides parts of the default world, `--trace ZONE=FILE` a recording of a zone's
 * spot instances.
 */
const options = {
  port: { type: 'string', default: '7500' },
  home: { type: 'string', default: '.simulated-cloud' },
  world: { type: 'string' },
  seed: { type: 'string' },
  scale: { type: 'string' },
  trace: { type: 'string', multiple: true },
  'trace-places': { type: 'string', default: '1' },
  'runner-entry': { type: 'string', default: fileURLToPath(new URL('../runner/main.ts', import.meta.url)) },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const help = `Usage: npm run cloud:simulated -- [options]

  --port <number>        Port to listen on (default 7500)
  --home <folder>        Folder for its keys and instances (default .simulated-cloud)
  --world <file>         JSON file that overrides parts of the default world
  --seed <number>        Seed of the random numbers
  --scale <number>       Factor of time: 60 lets an hour pass in a minute
  --trace <zone=file>    Recording of a zone's spot instances; repeatable
  --trace-places <n>     Instances that a recorded zone has room for (default 1)
  --runner-entry <file>  Program that an instance runs
`;

/** Reports wrong options in two lines, without a stack trace. */
function readOptions() {
  try {
    const { values } = parseArgs({ options });
    if (!values.help) return values;
    process.stdout.write(help);
    return process.exit(0);
  } catch (error) {
    process.stderr.write(`simulated cloud: ${error instanceof Error ? error.message : String(error)}\nSee --help.\n`);
    return process.exit(2);
  }
}
const values = readOptions();

/** Created once and kept: a cloud that restarts still knows its customers. */
function keptKeys(home: string): { readonly key: string; readonly controlKey: string } {
  const file = join(home, 'keys.json');
  const newKey = () => randomBytes(24).toString('base64url');
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ key: newKey(), controlKey: newKey() }), { mode: 0o600 });
  return JSON.parse(readFileSync(file, 'utf8')) as { key: string; controlKey: string };
}

function readWorld(home: string): World {
  const own = values.world === undefined ? {} : (JSON.parse(readFileSync(values.world, 'utf8')) as object);
  const { key, controlKey } = keptKeys(home);
  const world = worldSchema.parse({
    ...defaultWorld,
    ...{ keys: [{ id: 'default', key }], controlKey },
    ...own,
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
    ...(values.scale === undefined ? {} : { scale: Number(values.scale) }),
  });
  const places = Number(values['trace-places']);
  if (!(Number.isInteger(places) && places > 0))
    throw new Error(`--trace-places ${values['trace-places']}: a number from 1.`);
  const trace = readRecordings(values.trace ?? [], places, world.regions);
  return { ...world, trace: trace ?? world.trace };
}

/** Reports wrong options in one line, without a stack trace. */
function worldOrExit(home: string): World {
  try {
    return readWorld(home);
  } catch (error) {
    process.stderr.write(`simulated cloud: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

const home = resolve(values.home);
mkdirSync(home, { recursive: true, mode: 0o700 });
const server = await startCloud({
  world: worldOrExit(home),
  home,
  runnerEntry: resolve(values['runner-entry']),
  nodePath: process.execPath,
  port: Number(values.port),
});
process.stdout.write(`simulated cloud on ${server.url}; keys in ${join(home, 'keys.json')}\n`);

let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (signals++ > 0) return;
    void server.cloud
      .endAll()
      .then(() => server.close())
      .then(() => process.exit(0));
  });
}
