import type { Instance } from '../rules/state.ts';

/** Events that machines report to the cloud. */
export type MachineEvents = {
  /** All processes of the machine have ended. */
  readonly onOff: (instanceId: string) => void;
  readonly onStep: (instanceId: string, step: number) => void;
};

/** The machines behind the instances. All methods may be called twice. */
export type Machines = {
  /** Switches a machine on, or takes over one that an earlier run of the cloud has switched on. */
  readonly start: (instance: Instance, userData: string) => void;
  /** Sends the machine its preemption notice. */
  readonly notice: (instance: Instance) => void;
  /** Cuts the machine off in the way the instance says: for `forMs` of real time, or without end when null. */
  readonly silence: (instance: Instance, forMs: number | null) => void;
  /** Ends everything on the machine, however long that takes, then reports it. */
  readonly stop: (instanceId: string) => void;
  readonly console: (instanceId: string) => string;
  /** Forgets the machines without ending them. */
  readonly close: () => void;
};
