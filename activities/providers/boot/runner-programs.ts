/** Programs that a rented machine fetches from the API, by the hash of what it has to get. */
export type RunnerPrograms = {
  readonly runnerSha256: string;
  /** Node for Linux on x86-64; null when the platform has none to give, and images must bring their own. */
  readonly nodeSha256: string | null;
};
