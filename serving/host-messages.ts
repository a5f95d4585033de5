import type { ModelSignature } from '@artenic/core';
import type { ErrorType, InputError } from '../core/errors.ts';
import type { Inputs, Prediction } from './tensors.ts';

/** What a host can be asked for, and what it answers. */
export type HostCalls = {
  /** Checks and loads the model file; once, before anything else. */
  readonly load: { readonly argument: string; readonly answer: ModelSignature };
  /** Runs the model once on zeros. */
  readonly probe: { readonly argument: null; readonly answer: null };
  readonly predict: { readonly argument: Inputs; readonly answer: Prediction };
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
/** The first message has id 0: the host listens. */
export type HostReply =
  | { readonly id: number; readonly failure: null; readonly answer: HostCalls[keyof HostCalls]['answer'] }
  | { readonly id: number; readonly failure: HostFailure };
