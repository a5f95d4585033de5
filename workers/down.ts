import { parseArgs } from 'node:util';
import { messageOf } from '../core/errors.ts';
import { endEarlierPostgres } from './up/postgres/earlier.ts';
import { holderOf, homeAt, homeFolder, isHome, leaveHome, takeHome, type Home } from './up/home.ts';
import { knownDataFolder } from './up/postgres/place.ts';
import { endProcess } from './up/process-identity.ts';
import { purge } from './up/purge.ts';
import { stopLocalInstances } from './up/stop-instances.ts';
import { endLeftovers } from './up/supervisor.ts';

// Files of this process are readable by its own user only.
process.umask(0o077);

/** A supervisor gives each part 15 s. It is not killed, because its parts would outlive it. */
const patienceMs = 180_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Ends the stack of this state folder: by its supervisor, or, after a killed supervisor, by ending the parts that are
 * left.
 */
async function down(home: Home): Promise<void> {
  const supervisor = holderOf(home);
  if (supervisor !== null) {
    say(`stopping the stack of ${home.folder} (pid ${supervisor.pid}) …`);
    await endProcess(supervisor, 'SIGTERM', patienceMs);
  }
  takeHome(home);
  const trainings = await stopLocalInstances(home.folder);
  const left = await endLeftovers(home.file('processes.json'));
  await endEarlierPostgres(knownDataFolder(home));
  if (supervisor === null && trainings === 0 && left.length === 0) say(`nothing of ${home.folder} was running`);
  else say('stopped, nothing left running');
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { purge: { type: 'boolean', default: false } } });
  const home = homeAt(homeFolder());
  if (!isHome(home)) {
    say(`no stack was started with ${home.folder}`);
    return;
  }
  await down(home);
  if (!values.purge) {
    leaveHome(home);
    return;
  }
  const { removed, left } = await purge(home);
  say(`removed: ${removed.join(', ')}`);
  if (left.length > 0) say(`left in ${home.folder}, because a stack does not make them: ${left.join(', ')}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`artenic: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
