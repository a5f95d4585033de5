/** Remembers a signal instead of dying of it. */
export type StopSignals = {
  /** For `train({ stopRequested })`: it writes a checkpoint and ends. */
  readonly stopRequested: () => boolean;
  /** Signals do again what they did before. */
  readonly close: () => void;
};

/** From now on these signals ask for a stop. Default SIGTERM. */
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
