import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { pythonTool, type PythonTool } from '../../scripts/python-tools.mjs';
import { freePort } from '../../workers/up/ports.ts';
import { poll } from './poll.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The installation of a server, once per machine, takes up to a minute. */
export const awsServersTimeoutMs = 600_000;

export type Server = { readonly url: string; readonly stop: () => Promise<void> };

async function startServer(
  tool: PythonTool,
  program: string,
  args: (port: number) => readonly string[],
  path: string,
): Promise<Server> {
  const port = await freePort();
  const child: ChildProcess = spawn(join(pythonTool(root, tool), program), args(port), {
    stdio: 'ignore',
    // moto otherwise reads thousands of images at start, for seconds. No test needs them.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' },
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await poll(program, 60_000, () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    return fetch(`${url}${path}`).then(
      ({ ok }) => (ok ? true : null),
      () => null,
    );
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** moto's server (getmoto, Apache-2.0), which simulates part of EC2. */
export function startMoto(): Promise<Server> {
  return startServer('moto', 'moto_server', (port) => ['-H', '127.0.0.1', '-p', String(port)], '/moto-api/');
}

const firedSchema = z.array(z.looseObject({ operation: z.string().nullable(), action: z.string() }));
export type Fired = z.output<typeof firedSchema>[number];

/** microburst (pingedbrain, MIT): AWS-shaped faults in front of a server, and a list of what it did. */
export type FaultProxy = Server & {
  readonly setRules: (rules: readonly object[]) => Promise<void>;
  /** Every fault that fired since the start. */
  readonly fired: () => Promise<readonly Fired[]>;
};

export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const server = await startServer(
    'microburst',
    'microburst',
    (port) => ['--upstream', upstream, '--host', '127.0.0.1', '--port', String(port)],
    '/_microburst/health',
  );
  return {
    ...server,
    setRules: async (rules) => {
      const response = await fetch(`${server.url}/_microburst/rules`, { method: 'POST', body: JSON.stringify(rules) });
      if (!response.ok) throw new Error(`microburst refuses the rules: ${await response.text()}`);
    },
    fired: async () => firedSchema.parse(await (await fetch(`${server.url}/_microburst/fired?limit=10000`)).json()),
  };
}
