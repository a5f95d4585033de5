import { InferenceSession, Tensor } from 'onnxruntime-node';
import { TrainingError } from './errors.ts';

/**
 * Opens a model for repeatable runs: one fixed order of operations and a fixed number of threads, so that the same
 * inputs give the same bits on the same type of machine.
 */
export function openSession(model: Uint8Array, threads = 1): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

export function realTensor(values: Float32Array, shape: readonly number[]): Tensor {
  return new Tensor('float32', values, shape);
}

export function realScalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), []);
}

export function doubleScalar(value: number): Tensor {
  return new Tensor('float64', Float64Array.of(value), []);
}

/** The single-precision values of an output. */
export function realValues(tensor: Tensor | undefined): Float32Array {
  if (tensor?.type !== 'float32') {
    throw new TrainingError('invalid-configuration', `The graph gave ${tensor?.type ?? 'nothing'} instead of float32.`);
  }
  return tensor.data as Float32Array;
}
