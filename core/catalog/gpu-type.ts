/** Words by which GPU names are compared: `NVIDIA A100-SXM4-80GB` has four. */
export function gpuWordsOf(name: string): readonly string[] {
  return name.toLowerCase().split(/[^a-z0-9]+/);
}

/** Whether the machine's GPU (`NVIDIA A100-SXM4-80GB`) has all words of the job's name for it (`A100-80GB`). */
export function isGpuType(wanted: string, present: string): boolean {
  const words = gpuWordsOf(present);
  return gpuWordsOf(wanted).every((word) => words.includes(word));
}
