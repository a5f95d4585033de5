import type { TLSConfig } from '@temporalio/client';

/** How a Temporal server is reached, and in which namespace. */
export type TemporalServer = {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  /** Absent: in the clear. */
  readonly tls?: TLSConfig;
  /** Sent as `authorization: Bearer …` with each call. */
  readonly apiKey?: string;
};

/** Options that a client's connection and a worker's have in common. */
export type ReachOptions = {
  readonly address: string;
  readonly tls?: TLSConfig;
  readonly apiKey?: string;
  readonly metadata: Record<string, string>;
};

/** Calls about no namespace in particular name ours, too: a front of many namespaces finds the way by this header. */
export function reach({ address, namespace, tls, apiKey }: TemporalServer): ReachOptions {
  return {
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    metadata: { 'temporal-namespace': namespace },
  };
}
