// One process of a data-parallel group: computes the gradients of its rows until the trainer's process ends.
import type { InferenceSession } from 'onnxruntime-node';
import { firstValue } from './engine.ts';
import { gradientName, names } from './graphs/step.ts';
import type { FromWorker, ToWorker } from './parallel-messages.ts';
import { openSession, realScalar, realTensor, realValues } from './session.ts';

let session: InferenceSession | null = null;

process.on('disconnect', () => process.exit(0));
// Ignore signals to the whole process group: the trainer handles them, and it still needs its workers to finish the
// step.
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);
process.on('message', (message: ToWorker) => {
  answer(message).then(send, (error: unknown) => send({ kind: 'failed', message: String(error) }));
});

function send(message: FromWorker): void {
  process.send?.(message);
}

async function answer(message: ToWorker): Promise<FromWorker> {
  if (message.kind === 'open') {
    session = await openSession(message.model, message.threads);
    return { kind: 'opened' };
  }
  if (session === null) return { kind: 'failed', message: 'a step came before the model' };
  const { rows, features, targets, inverseRows, parameters, shapes } = message;
  const given = shapes.map(({ name, shape }, index) => [
    name,
    realTensor(parameters[index] ?? new Float32Array(), shape),
  ]);
  const result = await session.run({
    ...Object.fromEntries(given),
    [names.features]: realTensor(features, [rows, features.length / rows]),
    [names.targets]: realTensor(targets, [rows, targets.length / rows]),
    [names.inverseRows]: realScalar(inverseRows),
  });
  return {
    kind: 'gradients',
    loss: firstValue(result[names.loss]),
    outputs: realValues(result[names.outputs]),
    gradients: shapes.map(({ name }) => realValues(result[gradientName(name)])),
  };
}
