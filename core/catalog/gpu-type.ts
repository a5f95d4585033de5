/** Whether the machine's GPU (`NVIDIA A100-SXM4-80GB`) is what a job calls it (`A100-80GB`): all its words are there. */
export function isGpuType(wanted: string, present: string): boolean {
  const wordsOf = (text: string) => text.toLowerCase().split(/[^a-z0-9]+/);
  const words = wordsOf(present);
  return wordsOf(wanted).every((word) => words.includes(word));
}
