import { normalPath, type JobSpec } from '@artenic/core';

/** A file of this name is registered even if the job declares no model. */
const undeclaredModelPath = 'model.onnx';

export function modelPathOf({ outputs }: Pick<JobSpec, 'outputs'>): string {
  // jobs of older versions were stored with unnormalized paths
  return normalPath(outputs.model?.path ?? undeclaredModelPath);
}
