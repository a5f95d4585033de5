/** Preemption warnings of a machine's cloud; null where there is none. */
export type Said = {
  /** Time of the preemption. */
  readonly notice: Date | null;
  /** Time since which a preemption is more likely than usual, without a known time. */
  readonly rebalance: Date | null;
};

/** Protocol by which a machine asks its cloud for notices. Each protocol has a file in this folder. */
export type NoticeProtocol = {
  /** Polls once. Throws if the service is unreachable or its answer is invalid. */
  readonly look: () => Promise<Said>;
};

/** Creates the protocol for the service at a base URL. */
export type OpenProtocol = (baseUrl: string) => NoticeProtocol;

/** Short, because the service either runs on the machine's own host or does not exist. */
export const requestTimeoutMs = 1500;
