import { createPredictor, type Predictor, type PredictorOptions } from '../../serving/predictor.ts';
import { processesWith } from '../support/processes.ts';
import type { modelFolder } from './models.ts';

/** Predictors over the models of a test file, open one at a time. */
export function servingWorld(models: ReturnType<typeof modelFolder>, defaults: Partial<PredictorOptions>) {
  let predictor: Predictor | null = null;
  return {
    /** Pids of the model hosts that this test file has started. */
    hosts: () => processesWith(`serving/host.ts\0${process.pid}\0`),
    predictorWith: (options: Partial<PredictorOptions> = {}): Predictor => {
      predictor = createPredictor({
        fetchModel: (sha256) => Promise.resolve(models.pathOf(sha256)),
        maxHosts: 2,
        deadlineMs: 10_000,
        memoryBytes: 2 ** 30,
        ...defaults,
        ...options,
      });
      return predictor;
    },
    closePredictor: async (): Promise<void> => {
      await predictor?.close();
      predictor = null;
    },
  };
}
