import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '@artenic/core/write-whole';
import { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';
import { choosePort } from './ports.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

/** Paths inside `.artenic/` (or `ARTENIC_HOME`). */
export type Home = {
  readonly folder: string;
  readonly file: (...parts: readonly string[]) => string;
};

/** The state folder of the stack that `npm start` starts in this clone. */
export function homeFolder(): string {
  return resolve(process.env['ARTENIC_HOME'] || fileURLToPath(new URL('../../.artenic', import.meta.url)));
}

export function homeAt(folder: string): Home {
  return { folder, file: (...parts) => join(folder, ...parts) };
}

export function openHome(folder: string): Home {
  const home = homeAt(folder);
  const isOurs = !existsSync(folder) || isHome(home) || readdirSync(folder).length === 0;
  for (const part of ['', 'logs', 'objects', 'temporal'])
    mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  // Accessible to its own user only; earlier versions left the folder open. A folder with foreign files keeps its mode.
  if (isOurs) chmodSync(folder, 0o700);
  return home;
}

/** Whether a stack was ever started with this state folder. */
export function isHome(home: Home): boolean {
  return existsSync(home.file('pepper')) || existsSync(home.file('supervisor.json'));
}

const supervisorSchema = z.object({ pid: z.number().int(), startedAt: z.string() });

/** The living process that holds the state folder; null: none. */
export function holderOf(home: Home): ProcessIdentity | null {
  const file = home.file('supervisor.json');
  if (!existsSync(file)) return null;
  const holder = supervisorSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return holder.success && isAlive(holder.data) ? holder.data : null;
}

/** Takes the state folder for this process. Only one supervisor may hold it, because two would write the same files. */
export function takeHome(home: Home): void {
  const holder = holderOf(home);
  if (holder !== null)
    throw new ArtenicError(
      'conflict',
      `already running from ${home.folder} (pid ${holder.pid}); set ARTENIC_HOME for a second stack.`,
    );
  writeWhole(home.file('supervisor.json'), JSON.stringify(identify(process.pid)));
}

export function leaveHome(home: Home): void {
  rmSync(home.file('supervisor.json'), { force: true });
}

/** A secret that is made once and kept in a file that only its owner may read. */
export function keptSecret(path: string, make: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const secret = make();
  writeWhole(path, `${secret}\n`);
  return secret;
}

export function randomSecret(): string {
  return randomBytes(32).toString('base64');
}

export function randomPassword(): string {
  return randomBytes(24).toString('hex');
}

const portsSchema = z.object({
  api: z.number(),
  temporal: z.number(),
  temporalUi: z.number(),
  postgres: z.number(),
  workerHealth: z.number(),
});
export type Ports = z.output<typeof portsSchema>;

const wishedPorts: Ports = { api: 7400, temporal: 7233, temporalUi: 8233, postgres: 7432, workerHealth: 7401 };

/**
 * The ports of the last start where they are free, and other free ports for the rest; `replaced` names the busy ones.
 */
export async function choosePorts(
  home: Home,
): Promise<{ readonly ports: Ports; readonly replaced: readonly string[] }> {
  const file = home.file('ports.json');
  const kept = existsSync(file) ? portsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : null;
  const wished = kept?.success === true ? kept.data : wishedPorts;
  const ports: Record<string, number> = {};
  const replaced: string[] = [];
  for (const [name, port] of Object.entries(wished)) {
    const chosen = await choosePort(port, new Set(Object.values(ports)));
    ports[name] = chosen;
    if (chosen !== port) replaced.push(`port ${port} (${name}) is busy, using ${chosen}`);
  }
  const result = portsSchema.parse(ports);
  writeWhole(file, JSON.stringify(result, null, 2));
  return { ports: result, replaced };
}
