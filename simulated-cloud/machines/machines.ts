import type { Instance } from '../rules/state.ts';

/** What the machines tell the cloud. */
export type MachineEvents = {
  /** Nothing of it runs any more. */
  readonly onOff: (instanceId: string) => void;
  readonly onStep: (instanceId: string, step: number) => void;
};

/** What stands behind the instances. Everything may be asked twice. */
export type Machines = {
  /** Switches on, or takes over what an earlier life of the cloud has switched on. */
  readonly start: (instance: Instance, userData: string) => void;
  /** The warning, as the machine itself hears it. */
  readonly notice: (instance: Instance) => void;
  /** The machine reaches nothing from now on, as the instance says: for so much real time, or without end when null. */
  readonly silence: (instance: Instance, forMs: number | null) => void;
  /** Ends everything, however long it takes, then tells so. */
  readonly stop: (instanceId: string) => void;
  readonly console: (instanceId: string) => string;
  /** Forgets the machines without ending them. */
  readonly close: () => void;
};
