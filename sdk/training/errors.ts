/**
 * Why training code stopped.
 * - `invalid-configuration`: a hyper-parameter or a layer that cannot work.
 * - `invalid-data`: data whose shape or values do not fit the network.
 * - `not-finite`: the loss, the gradient norm or a weight became NaN or infinite.
 * - `checkpoint-corrupt`: the file is cut short or changed; none of its content was used.
 * - `checkpoint-mismatch`: the checkpoint belongs to another network, optimizer or data set.
 * - `model-unreadable`: the bytes are not an ONNX model.
 * - `worker-lost`: a process of a data-parallel group ended; its step had no effect. Continue from the newest
 * checkpoint.
 * - `unsupported`: this runtime lacks the requested feature.
 * - `environment-missing`: a variable of the runner contract is not set.
 */
export type TrainingErrorCode =
  | 'invalid-configuration'
  | 'invalid-data'
  | 'not-finite'
  | 'checkpoint-corrupt'
  | 'checkpoint-mismatch'
  | 'model-unreadable'
  | 'worker-lost'
  | 'unsupported'
  | 'environment-missing';

/** The only error class of this package; `code` is from a closed list. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
  readonly code: TrainingErrorCode;

  constructor(code: TrainingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
