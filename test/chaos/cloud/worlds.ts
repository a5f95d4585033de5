import type { Step } from '../../../simulated-cloud/rules/script.ts';
import type { WorldInput } from '../../../simulated-cloud/rules/world.ts';
import { pick } from '../random.ts';
import type { Machines } from './schedule.ts';
import { defaultWorld } from '../../../simulated-cloud/rules/default-world.ts';

export type CloudWorld = Omit<WorldInput, 'keys' | 'controlKey'>;

export type WorldOfBatch = {
  readonly machines: Machines;
  readonly cloud: CloudWorld;
  /** vCPUs that the platform's own queue hands out; null: as many as the cloud has. */
  readonly capacityVcpu: number | null;
  /** How often the relay looks for lost workflows; when it is slow, the reconciler finds them first. */
  readonly relayMs: number;
};

export const usualRelayMs = 1500;
const slowRelayMs = 20_000;

/** An hour takes 250 ms. */
const massScale = 14_400;
const hour = 3600;

/** A cloud without surprises; each test adds the faults that it needs. */
export const defaultCloud: CloudWorld = { ...defaultWorld, preemption: {}, spotPrices: null };

/** A runner's requests, at about the pace of a training that takes some hours. */
export function scriptOf(hours: number, beats: number, ending: 'exits' | 'waits'): readonly Step[] {
  return [
    { do: 'say', line: 'booted' },
    { do: 'hello' },
    { do: 'phase', phase: 'setup' },
    { do: 'phase', phase: 'training' },
    ...Array.from({ length: beats }, (_, beat): readonly Step[] => [
      { do: 'wait', seconds: (hours * hour) / beats },
      { do: 'heartbeat', progress: (beat + 1) / (beats + 1) },
    ]).flat(),
    { do: 'complete', exitCode: 0 },
    ...(ending === 'exits' ? [{ do: 'exit' } as const] : []),
  ];
}

/** Converts real seconds to the cloud's seconds. */
export function feltOf(machines: Machines): (seconds: number) => number {
  return (seconds) => (machines === 'runner' ? seconds : seconds * massScale);
}

/** The cloud of a batch: every second cloud honours client tokens, the others ignore them. */
export function worldOf(batch: number, random: () => number, machines: Machines): WorldOfBatch {
  const hours = 3 + Math.floor(random() * 6);
  const isReal = machines === 'runner';
  const felt = feltOf(machines);
  const cloud: CloudWorld = {
    ...defaultWorld,
    seed: Math.floor(random() * 1_000_000),
    scale: isReal ? 1 : massScale,
    clientTokens: batch % 2 === 0 ? 'ignored' : 'honoured',
    duplicateNames: random() < 0.2 ? 'refused' : 'allowed',
    listLagSeconds: [0, felt(pick(random, [0.004, 0.25, 0.5]))],
    bootSeconds: [0, felt(pick(random, [0, 0.06, 0.25]))],
    stopSeconds: [0, felt(pick(random, [0, 0.04, 0.25]))],
    pageSize: pick(random, [3, 10, 100]),
    billing: pick(random, [
      { minimumSeconds: 60, granularitySeconds: 1 },
      { minimumSeconds: 0, granularitySeconds: hour },
    ]),
    // Preemptions are part of the schedules.
    preemption: {},
    machine: isReal
      ? { kind: 'runner' }
      : { kind: 'scripted', script: [...scriptOf(hours, 6, random() < 0.5 ? 'exits' : 'waits')] },
  };
  const relayMs = batch % 3 === 1 ? slowRelayMs : usualRelayMs;
  return { cloud, machines, relayMs, capacityVcpu: batch % 4 === 3 ? 8 : null };
}
