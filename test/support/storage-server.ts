import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../workers/up/ports.ts';
import { poll } from './poll.ts';

export type StorageServer = { readonly endpoint: string; readonly stop: () => Promise<void> };

const mostStarts = 3;

/** Starts a server at a free port of this machine. Another process may take the port first: then it starts again. */
export async function startStorageServer(
  program: string,
  args: (port: number) => readonly string[],
  env: Readonly<Record<string, string>>,
  /** Whether the server at this address is ready; a rejection counts as no. */
  isReady: (endpoint: string) => Promise<boolean>,
): Promise<StorageServer> {
  for (let starts = 1; ; starts++) {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const child = spawn(program, args(port), { stdio: ['ignore', 'ignore', 'pipe'], env });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)));
    const exited = once(child, 'exit');
    const state = await poll(program, 120_000, () =>
      child.exitCode === null
        ? isReady(endpoint).then(
            (ready) => (ready ? 'ready' : null),
            () => null,
          )
        : 'ended',
    );
    if (state === 'ready')
      return {
        endpoint,
        stop: async () => {
          child.kill('SIGKILL');
          await exited;
        },
      };
    if (starts === mostStarts) throw new Error(`${program} ended with ${child.exitCode}: ${complaint}`);
  }
}
