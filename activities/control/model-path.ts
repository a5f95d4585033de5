import type { JobSpec } from '@artenic/core';

/** A file of this name is registered also when the job declares no model. */
const undeclaredModelPath = 'model.onnx';

export function modelPathOf({ outputs }: Pick<JobSpec, 'outputs'>): string {
  return outputs.model?.path ?? undeclaredModelPath;
}
