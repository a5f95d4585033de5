/** Records a signal in place of ending the process. */
export type StopSignals = {
  /** For `train({ stopRequested })`, which then writes a checkpoint and ends. */
  readonly stopRequested: () => boolean;
  /** Restores the previous handling of the signals. */
  readonly close: () => void;
};

/** From now on these signals request a stop. Default SIGTERM. */
export function stopOnSignals(signals: readonly NodeJS.Signals[] = ['SIGTERM']): StopSignals {
  let asked = false;
  const onSignal = () => {
    asked = true;
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stopRequested: () => asked,
    close: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
