/** Announcements of the machine's own cloud; null where it announces nothing. */
export type Said = {
  /** When the machine is taken back. */
  readonly notice: Date | null;
  /** Since when a preemption is more likely than usual; its time is not known. */
  readonly rebalance: Date | null;
};

/** How a machine asks its cloud: one file of this folder for each cloud. */
export type NoticeProtocol = {
  /** Asks once. Throws when the service is away or its answer cannot be read. */
  readonly look: () => Promise<Said>;
};

/** Asks the service at a base URL. */
export type OpenProtocol = (baseUrl: string) => NoticeProtocol;

/** The service is on the machine's own host, or not there at all. */
export const requestTimeoutMs = 1500;
