import type { Bootstrap } from '@artenic/core';
import type { Capacity } from '../../core/capacity/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { ProviderProblem } from '@artenic/core';
import type { CatalogOffer } from '../../core/catalog/catalog.ts';
import type { Offer } from '../../core/failover/types.ts';

/** What the provider can do; the failover policy and the reconciler read it. */
export type ProviderCapabilities = {
  readonly spot: boolean;
  /** The instance hears of its end before it comes. */
  readonly preemptionNotice: boolean;
  /** The provider itself makes one instance of two creates with one token. */
  readonly idempotencyToken: boolean;
  readonly regions: boolean;
};

export type ProviderCheck = {
  readonly usable: boolean;
  readonly message: string;
  readonly capacity: (Capacity & { readonly gpuType: string | null }) | null;
  /** What stands in the way of an unusable one, where the adapter can tell. */
  readonly problem?: ProviderProblem;
};

export type InstanceHandle = InstanceRef;

/** Where things are on the instance is the provider's to say. */
export type InstanceBootstrap = Omit<Bootstrap, 'workDir' | 'cacheDir'>;

export type LaunchRequest = {
  /** Also the instance's name: while it has an instance, a second launch with it returns that. */
  readonly attemptId: string;
  /** From 1. Launches of one attempt follow one another when each was refused: together with the attempt it makes the client token. */
  readonly launch: number;
  readonly offer: Offer;
  readonly needs: Capacity;
  readonly bootstrap: InstanceBootstrap;
  /**
   * An earlier try may have made the instance and lost the answer: it is looked up over the provider's consistency window
   * before one is made, where the provider itself does not keep two apart.
   */
  readonly mayExist: boolean;
  /** The machine switches itself off then, whatever has become of its runner and of us. */
  readonly powerOffAfterSeconds: number;
};

/**
 * What tells that an instance was or will be taken back, and when: a warning before it (`notice`), the provider's record
 * after it (`provider-record`), or only that it is not there any more and nobody says why (`disappeared`).
 */
export type PreemptionEvidence = {
  readonly evidence: 'notice' | 'provider-record' | 'disappeared';
  readonly at: string | null;
};

/**
 * State of an instance, from the provider's own record.
 * `gone` is proof: no process, disk or address of it is left. Evidence of preemption is the provider's own, never a guess.
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
 * One provider. Every method throws only `ArtenicError` with one of: `stockout quota auth rate-limited invalid-request
 * not-found conflict transient unknown-outcome unknown-state not-ready`. After `unknown-outcome` the caller looks the instance
 * up with `find` before it tries anything else.
 */
export type Provider = {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  /** Whether it can be used now, and why not. Never throws for bad credentials: it says so. */
  readonly check: () => Promise<ProviderCheck>;
  /** Everything that could be launched at all, in no order; `spot`: its spot machines at least, where that is less work. */
  readonly catalog: (part: 'all' | 'spot') => Promise<readonly CatalogOffer[]>;
  /**
   * Idempotent by `attemptId`, also when the first call's answer was lost, and after the instance has ended. `not-ready`: what an
   * earlier call may have made need not be shown yet, and the launch is to be tried again.
   */
  readonly launch: (request: LaunchRequest) => Promise<InstanceHandle>;
  /** An unknown instance throws `not-found`; one that was ours and ended is `gone`. */
  readonly describe: (handle: InstanceHandle) => Promise<InstanceDescription>;
  /**
   * What a few requests show of many machines, by instance id. The answer leaves out an instance that
   * was not shown, is not ours, or has a state that the adapter does not know: `describe` tells those. It says nothing of preemption.
   * An adapter without this method has a cheap `describe`.
   */
  readonly describeMany?: (handles: readonly InstanceHandle[]) => Promise<ReadonlyMap<string, InstanceDescription>>;
  /** Everything in our tag namespace that is not gone. */
  readonly list: () => Promise<readonly InstanceDescription[]>;
  /** The attempt's instance, also one that has ended, as long as the provider remembers it; its picture is as old as the list's. */
  readonly find: (attemptId: string) => Promise<InstanceDescription | null>;
  /** Idempotent; returns when asked, confirmation is `describe` saying `gone`. Gone already and never known are success. */
  readonly terminate: (handle: InstanceHandle) => Promise<void>;
  /** How old the picture may be that `list` and `find` show, in milliseconds; 60 s for an adapter that does not say. */
  readonly consistencyMs?: () => Promise<number>;
  /**
   * The machine whose instances this adapter sees, and no others: what it cannot find may be on another one. Absent: its
   * instances are seen from everywhere.
   */
  readonly machine?: () => Promise<string>;
  /** The machine's console, for post-mortems; at most the last 64 KiB. */
  readonly console: (handle: InstanceHandle) => Promise<string>;
};
