/** Milliseconds by phase, for the completion marker. */
export type Stopwatch = {
  readonly time: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  readonly timings: () => Record<string, number>;
};

export function createStopwatch(): Stopwatch {
  const timings: Record<string, number> = {};
  return {
    time: async (name, work) => {
      const startedMs = performance.now();
      try {
        return await work();
      } finally {
        timings[name] = Math.round(performance.now() - startedMs);
      }
    },
    timings: () => ({ ...timings }),
  };
}
