import type { Bootstrap } from '@artenic/core';
import type { Capacity } from '../../core/capacity/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { ProviderProblem } from '@artenic/core';
import type { CatalogOffer } from '../../core/catalog/catalog.ts';
import type { Offer } from '../../core/failover/types.ts';

/** Abilities of a provider, which the failover policy and the reconciler read. */
export type ProviderCapabilities = {
  readonly spot: boolean;
  /** The instance gets a notice before a preemption. */
  readonly preemptionNotice: boolean;
  /** The provider creates only one instance for two create requests with the same token. */
  readonly idempotencyToken: boolean;
  readonly regions: boolean;
};

export type ProviderCheck = {
  readonly usable: boolean;
  readonly message: string;
  readonly capacity: (Capacity & { readonly gpuType: string | null }) | null;
  /** Why the provider is unusable, if the adapter can tell. */
  readonly problem?: ProviderProblem;
};

export type InstanceHandle = InstanceRef;

/** Bootstrap without the paths on the instance, which the provider chooses. */
export type InstanceBootstrap = Omit<Bootstrap, 'workDir' | 'cacheDir'>;

export type LaunchRequest = {
  /** Also names the instance: while the attempt has one, a launch with this id returns it. */
  readonly attemptId: string;
  /**
   * Number of the launch within the attempt, from 1. A further launch follows only after a refusal. Attempt id and
   * launch number together determine the client token.
   */
  readonly launch: number;
  readonly offer: Offer;
  readonly needs: Capacity;
  readonly bootstrap: InstanceBootstrap;
  /**
   * An earlier try may have created the instance and lost the answer. Unless the provider itself prevents duplicates,
   * the adapter looks for the instance during the provider's consistency window before it creates one.
   */
  readonly mayExist: boolean;
  /** The machine powers itself off after this time, regardless of the state of its runner and of the platform. */
  readonly powerOffAfterSeconds: number;
};

/**
 * Evidence that an instance was or will be preempted, and when: a warning before it (`notice`), the provider's record
 * after it (`provider-record`), or only the fact that the instance is gone without a recorded reason (`disappeared`).
 */
export type PreemptionEvidence = {
  readonly evidence: 'notice' | 'provider-record' | 'disappeared';
  readonly at: string | null;
};

/**
 * State of an instance, from the provider's own record.
 * `gone` is proof: no process, disk or address of it is left. Preemption evidence always comes from the provider and is
 * never guessed.
 */
export type InstanceDescription = {
  readonly handle: InstanceHandle;
  readonly state: 'starting' | 'running' | 'stopping' | 'gone';
  readonly endedBy: 'preemption' | 'request' | 'itself' | 'unknown' | null;
  /** Billing starts here. */
  readonly launchedAt: string | null;
  readonly endedAt: string | null;
  readonly preemption: PreemptionEvidence | null;
};

/**
 * Interface of one provider. Methods throw only `ArtenicError`, with one of the types `stockout quota auth rate-limited
 * invalid-request not-found conflict transient unknown-outcome unknown-state not-ready`. After `unknown-outcome` the
 * caller looks the instance up with `find` before it does anything else.
 */
export type Provider = {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  /** Tells whether the provider can be used now, and why not. Bad credentials are a result and never throw. */
  readonly check: () => Promise<ProviderCheck>;
  /** All offers, in no order. With `spot`, an adapter may leave out other offers if that saves requests. */
  readonly catalog: (part: 'all' | 'spot') => Promise<readonly CatalogOffer[]>;
  /**
   * Idempotent by `attemptId`, even if the first call's answer was lost, and after the instance has ended. Throws
   * `not-ready` while an instance of an earlier call may exist without being shown yet; the caller retries the launch.
   */
  readonly launch: (request: LaunchRequest) => Promise<InstanceHandle>;
  /** Throws `not-found` for an unknown instance. An ended instance of this installation is `gone`. */
  readonly describe: (handle: InstanceHandle) => Promise<InstanceDescription>;
  /**
   * Descriptions of many instances from a few requests, by instance id. The result leaves out an instance that was not
   * shown, belongs to another installation, or has a state that the adapter does not know; `describe` handles those
   * cases. The result has no preemption evidence. An adapter without this method has a cheap `describe`.
   */
  readonly describeMany?: (handles: readonly InstanceHandle[]) => Promise<ReadonlyMap<string, InstanceDescription>>;
  /** All instances in this installation's namespace that are not gone. */
  readonly list: () => Promise<readonly InstanceDescription[]>;
  /**
   * The attempt's instance, including an ended one for as long as the provider remembers it. The description may be as
   * old as the list.
   */
  readonly find: (attemptId: string) => Promise<InstanceDescription | null>;
  /**
   * Idempotent. Returns when the provider has accepted the request; `describe` confirms the end with `gone`. Succeeds
   * for an instance that is already gone or unknown.
   */
  readonly terminate: (handle: InstanceHandle) => Promise<void>;
  /** Maximum age of the data that `list` and `find` return, in milliseconds; 60 s if the method is absent. */
  readonly consistencyMs?: () => Promise<number>;
  /**
   * The only machine whose instances this adapter sees; an instance that it cannot find may be on another machine.
   * Absent if the provider's instances are visible from everywhere.
   */
  readonly machine?: () => Promise<string>;
  /** Console output of the machine, for post-mortems; at most the last 64 KiB. */
  readonly console: (handle: InstanceHandle) => Promise<string>;
};
