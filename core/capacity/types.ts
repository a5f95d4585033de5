/** Resources that a job takes from a machine, or that a machine has. */
export type Capacity = { readonly vcpu: number; readonly memoryGib: number; readonly gpus: number };

export type CapacityClaim = {
  readonly attemptId: string;
  readonly needs: Capacity;
  readonly priority: number;
  /** Submit time in milliseconds since 1970. Equal times are ordered by id, which makes the order total. */
  readonly submittedAtMs: number;
};
