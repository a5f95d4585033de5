/** What a job takes from a machine, or what a machine has. */
export type Capacity = { readonly vcpu: number; readonly memoryGib: number; readonly gpus: number };

export type CapacityClaim = {
  readonly attemptId: string;
  readonly needs: Capacity;
  readonly priority: number;
  /** Submit time in milliseconds since 1970, then the id: a total order. */
  readonly submittedAtMs: number;
};
