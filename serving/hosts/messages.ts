import type { ModelSignature } from '@artenic/core';
import type { ErrorType, InputError } from '../../core/errors.ts';
import type { ForeignFile } from '../files/foreign-file.ts';
import type { NamedTensor } from '../tensors/tensors.ts';

export type LoadedModel = {
  readonly signature: ModelSignature;
  /** Resident memory of the process with the model. */
  readonly rssBytes: number;
};

export type Inference = {
  readonly outputs: readonly NamedTensor[];
  /** Duration of the run in the host. */
  readonly runMs: number;
};

/** Calls to a host, with their arguments and answers. */
export type HostCalls = {
  /** Checks and loads the model file; called once, before all other calls. */
  readonly load: { readonly argument: string; readonly answer: LoadedModel };
  /** Reads a file of another format without opening it as its library would. */
  readonly scan: { readonly argument: ForeignFile; readonly answer: null };
  /** Runs the model once on zeros. `failure`: the model's error message, which may be caused by the made-up values. */
  readonly probe: { readonly argument: null; readonly answer: { readonly failure: string | null } };
  /**
   * Runs a few rows, together and one by one, to find out whether each row's answer depends on that row only. Also
   * loads and warms lazy parts.
   */
  readonly warmUp: { readonly argument: null; readonly answer: { readonly hasOwnRows: boolean } };
  readonly infer: { readonly argument: readonly NamedTensor[]; readonly answer: Inference };
};
export type HostRequest = {
  [Call in keyof HostCalls]: {
    readonly id: number;
    readonly call: Call;
    readonly argument: HostCalls[Call]['argument'];
  };
}[keyof HostCalls];

export type HostFailure = {
  readonly type: ErrorType;
  readonly message: string;
  readonly errors: readonly InputError[] | null;
};
/** The first message has id 0: the host is ready. */
export type HostReply =
  | { readonly id: number; readonly failure: null; readonly answer: HostCalls[keyof HostCalls]['answer'] }
  | { readonly id: number; readonly failure: HostFailure };
