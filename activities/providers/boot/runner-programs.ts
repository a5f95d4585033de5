/** Programs that a rented machine downloads from the API, with the expected hashes. */
export type RunnerPrograms = {
  readonly runnerSha256: string;
  /** Node for Linux on x86-64; null if the platform has none, so that images must contain Node. */
  readonly nodeSha256: string | null;
};
