const gib = 1024 ** 3;
const usualGib = 50;

/** Most bytes of data that stay on the machine for later attempts. `ARTENIC_DATA_CACHE_GIB` sets another number. */
export function cacheBytes(environment: Readonly<Record<string, string | undefined>>): number {
  const given = Number(environment['ARTENIC_DATA_CACHE_GIB'] ?? usualGib);
  return (Number.isFinite(given) && given >= 0 ? given : usualGib) * gib;
}
