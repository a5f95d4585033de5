/** Messages to a worker: first its model, then one message per step. The channel copies arrays (structured clone). */
export type ToWorker =
  | { readonly kind: 'open'; readonly model: Uint8Array; readonly threads: number }
  | {
      readonly kind: 'step';
      readonly rows: number;
      readonly features: Float32Array;
      readonly targets: Float32Array;
      /** 1 / rows of the whole batch. */
      readonly inverseRows: number;
      /** In the order of `shapes`. */
      readonly parameters: readonly Float32Array[];
      readonly shapes: readonly WorkerShape[];
    };

export type WorkerShape = { readonly name: string; readonly shape: readonly number[] };

export type FromWorker =
  | { readonly kind: 'opened' }
  | {
      readonly kind: 'gradients';
      /** Mean over the worker's rows. */
      readonly loss: number;
      readonly outputs: Float32Array;
      readonly gradients: readonly Float32Array[];
    }
  | { readonly kind: 'failed'; readonly message: string };
