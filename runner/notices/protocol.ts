/** What a machine's own cloud says of its future; null where it says nothing. */
export type Said = {
  /** The machine is taken back then. */
  readonly notice: Date | null;
  /** Since then it is more likely than usual that it will be; no time is set. */
  readonly rebalance: Date | null;
};

/** How a machine asks its cloud: one file of this folder for each. */
export type NoticeProtocol = {
  /** One look. Throws when the service is away or says what nobody understands. */
  readonly look: () => Promise<Said>;
};

/** Asks the service at a base URL. */
export type OpenProtocol = (baseUrl: string) => NoticeProtocol;

/** The service is on the machine's own host, or not there at all. */
export const requestTimeoutMs = 1500;
