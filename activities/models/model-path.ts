import { normalPath, type JobSpec } from '@artenic/core';

/** A file of this name is registered also when the job declares no model. */
const undeclaredModelPath = 'model.onnx';

export function modelPathOf({ outputs }: Pick<JobSpec, 'outputs'>): string {
  // jobs of older versions were kept with their paths as they were written
  return normalPath(outputs.model?.path ?? undeclaredModelPath);
}
