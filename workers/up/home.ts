import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { choosePort } from './ports.ts';

/** Paths inside `.artenic/` (or `ARTENIC_HOME`). */
export type Home = {
  readonly folder: string;
  readonly file: (...parts: readonly string[]) => string;
};

export function openHome(folder: string): Home {
  for (const part of ['', 'logs', 'objects', 'temporal'])
    mkdirSync(join(folder, part), { recursive: true, mode: 0o755 });
  return { folder, file: (...parts) => join(folder, ...parts) };
}

/** Writes whole files: a reader sees the old or the new one. */
export function writeWhole(path: string, content: string, mode = 0o600): void {
  writeFileSync(`${path}.tmp`, content, { mode });
  renameSync(`${path}.tmp`, path);
}

/** A secret that is made once and kept in a file only its owner may read. */
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

/** The ports of the last start where they are free, others in their place; `replaced` tells which were busy. */
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
