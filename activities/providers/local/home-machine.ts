import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtenicError } from '../../../core/errors.ts';
import { localMachineOf, localMachinePrefix } from '../../../core/instance-ref.ts';
import { readIfThere, writeOnce } from './files.ts';

/**
 * Names the machine by its home, made once and kept there: it stays the same over boots and over new containers on the same
 * volume, and two hosts with a home each never have the same one.
 */
export async function machineOfHome(home: string): Promise<string> {
  const path = join(home, 'machine');
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeOnce(path, `${localMachinePrefix}${randomUUID().replaceAll('-', '').slice(0, 12)}\n`);
  const machine = (await readIfThere(path))?.trim() ?? '';
  if (localMachineOf(machine) === null)
    throw new ArtenicError('unknown-state', `${path} names no machine; has somebody changed it?`);
  return machine;
}

/**
 * Which processes this one can see, for homes that several containers share: their boots are the same. `none` where there
 * are no such namespaces.
 */
export function pidNamespace(): string {
  return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : 'none';
}
