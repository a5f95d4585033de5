import { hardCasesIn } from './hard-cases.ts';
import type { Machines, Wanted } from './schedule.ts';
import { silenceIn } from './silence.ts';
import { storageFaultsIn } from './storage-faults.ts';

/** Faults drawn from separate random streams: a new kind leaves the rest of each seed's schedules unchanged. */
export function drawnApart(seed: number, index: number, machines: Machines): readonly Wanted[] {
  return [...silenceIn(seed, index, machines), ...storageFaultsIn(seed, index), ...hardCasesIn(seed, index)];
}
