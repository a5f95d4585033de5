import { createServer } from 'node:net';
import { startCommand, type CommandEnd, type CommandOptions, type RunningCommand } from './command.ts';
import { pause } from '../pause.ts';

/** Ranks that still run after another rank has failed get this long between SIGTERM and SIGKILL. */
const siblingPatienceMs = 5000;

class RankFailure extends Error {
  override readonly name = 'RankFailure';
  readonly end: CommandEnd;
  constructor(end: CommandEnd) {
    super('a rank has failed');
    this.end = end;
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      );
    });
  });
}

/** torchrun's variables for one of `world` processes on one machine. */
function rankEnvironment(rank: number, world: number, port: number, runId: string): Record<string, string> {
  return {
    RANK: String(rank),
    LOCAL_RANK: String(rank),
    WORLD_SIZE: String(world),
    LOCAL_WORLD_SIZE: String(world),
    GROUP_RANK: '0',
    GROUP_WORLD_SIZE: '1',
    ROLE_RANK: String(rank),
    ROLE_WORLD_SIZE: String(world),
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(port),
    TORCHELASTIC_RESTART_COUNT: '0',
    TORCHELASTIC_MAX_RESTARTS: '0',
    TORCHELASTIC_RUN_ID: runId,
  };
}

/** Starts `processes` copies of the command. The first failing copy ends all others, and its end becomes the result. */
export async function startProcesses(
  options: CommandOptions & { readonly processes: number; readonly runId: string },
): Promise<RunningCommand> {
  const world = options.processes;
  const port = await freePort();
  const ranks = Array.from({ length: world }, (_, rank) =>
    startCommand({
      ...options,
      environment: { ...options.environment, ...rankEnvironment(rank, world, port, options.runId) },
    }),
  );
  const signalGroup = (name: NodeJS.Signals): void => {
    for (const rank of ranks) rank.signalGroup(name);
  };

  async function all(): Promise<CommandEnd> {
    const everyone = Promise.all(ranks.map((rank) => rank.ended));
    // Rejects with the first failing rank's end, which is a result here and not an error.
    const failure = await Promise.all(
      ranks.map(async (rank) => {
        const end = await rank.ended;
        if (end.exitCode !== 0) throw new RankFailure(end);
      }),
    ).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure !== null && !(failure instanceof RankFailure)) throw failure;
    const first = failure?.end ?? null;
    if (first !== null) {
      signalGroup('SIGTERM');
      const over = new AbortController();
      void everyone.then(() => over.abort());
      await pause(siblingPatienceMs, over.signal);
      signalGroup('SIGKILL');
      await everyone;
    }
    return first ?? { exitCode: 0, signal: null };
  }
  return { ended: all(), signalGroup };
}
