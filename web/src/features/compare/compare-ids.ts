/** Most jobs that are compared at once: as many as lines can be told apart. */
export const mostCompared = 10;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Job ids of an address, separated by commas: each once, at most ten, others are left out. */
export function parseIds(text: string | undefined): readonly string[] {
  const all = (text ?? '').split(',').map((id) => id.trim().toLowerCase());
  return [...new Set(all.filter((id) => uuid.test(id)))].slice(0, mostCompared);
}

export const idsText = (ids: readonly string[]): string => ids.join(',');
