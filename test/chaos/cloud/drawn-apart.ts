import { hardCasesIn } from './hard-cases.ts';
import type { Machines, Wanted } from './schedule.ts';
import { silenceIn } from './silence.ts';
import { storageFaultsIn } from './storage-faults.ts';

/** Faults with random numbers of their own: a new kind of them leaves the rest of each seed's schedules as it was. */
export function drawnApart(seed: number, index: number, machines: Machines): readonly Wanted[] {
  return [...silenceIn(seed, index, machines), ...storageFaultsIn(seed, index), ...hardCasesIn(seed, index)];
}
