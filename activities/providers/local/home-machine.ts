import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtenicError } from '../../../core/errors.ts';
import { localMachineOf, localMachinePrefix } from '../../../core/instance-ref.ts';
import { readIfThere, writeOnce } from './files.ts';

/**
 * Reads the machine's name from its home, and creates it on first use. The name stays the same across boots and across
 * new containers on the same volume, and hosts with different homes have different names.
 */
export async function machineOfHome(home: string): Promise<string> {
  const path = join(home, 'machine');
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeOnce(path, `${localMachinePrefix}${randomUUID().replaceAll('-', '').slice(0, 12)}\n`);
  const machine = (await readIfThere(path))?.trim() ?? '';
  if (localMachineOf(machine) === null)
    throw new ArtenicError('unknown-state', `${path} names no machine; check whether the file was edited.`);
  return machine;
}

/**
 * PID namespace of this process. It tells apart containers that share a home, because their boot ids are equal. `none`
 * on platforms without PID namespaces.
 */
export function pidNamespace(): string {
  return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : 'none';
}
