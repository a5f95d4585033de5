/** What names are compared by: `NVIDIA A100-SXM4-80GB` has four of them. */
export function gpuWordsOf(name: string): readonly string[] {
  return name.toLowerCase().split(/[^a-z0-9]+/);
}

/** Whether the machine's GPU (`NVIDIA A100-SXM4-80GB`) is what a job calls it (`A100-80GB`): all its words are there. */
export function isGpuType(wanted: string, present: string): boolean {
  const words = gpuWordsOf(present);
  return gpuWordsOf(wanted).every((word) => words.includes(word));
}
