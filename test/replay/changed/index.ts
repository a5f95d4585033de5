/** `trainingJob` after a careless change: it registers the model before it prepares the job. */
import { control } from '../../../workflows/activity-proxies.ts';
import type { TrainingJobInput, TrainingJobResult } from '../../../workflows/contracts/index.ts';

export async function trainingJob({ jobId }: TrainingJobInput): Promise<TrainingJobResult> {
  const model = await control.registerModel({ jobId, attempt: 1 });
  await control.prepareJob({ jobId });
  const settled = await control.settleJob({ jobId, state: 'succeeded', message: 'Done.', model });
  return { ...settled, model };
}
