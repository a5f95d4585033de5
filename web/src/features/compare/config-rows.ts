/** A setting of the compared jobs; undefined where a job does not have it. */
export type ConfigRow = {
  /** Names from the outside in, such as `config.optimizer.lr`. */
  readonly path: string;
  readonly values: readonly (string | undefined)[];
  /** The values as numbers, where all that are there are finite numbers. */
  readonly numbers: readonly (number | null)[] | null;
  readonly differs: boolean;
};

/** More settings than this help nobody; a configuration is anything that its author wrote. */
const mostRows = 1000;
const deepest = 8;

type Leaf = string | number | boolean | null;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function addLeaves(value: unknown, path: string, depth: number, leaves: Map<string, Leaf>): void {
  if (leaves.size >= mostRows) return;
  if (isRecord(value) && depth < deepest && Object.keys(value).length > 0) {
    for (const [name, inner] of Object.entries(value))
      addLeaves(inner, path === '' ? name : `${path}.${name}`, depth + 1, leaves);
    return;
  }
  if (value === undefined) return;
  const isLeaf = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  leaves.set(path, isLeaf ? (value as Leaf) : JSON.stringify(value));
}

function numbersOf(values: readonly (Leaf | undefined)[]): readonly (number | null)[] | null {
  const given = values.filter((value) => value !== undefined);
  const areNumbers = given.length > 0 && given.every((value) => typeof value === 'number' && Number.isFinite(value));
  return areNumbers ? values.map((value) => (typeof value === 'number' ? value : null)) : null;
}

/** The settings of all jobs side by side: the job's own configuration first, then the rest of the job file. */
export function configRows(specs: readonly unknown[]): readonly ConfigRow[] {
  const flat = specs.map((spec) => {
    const leaves = new Map<string, Leaf>();
    addLeaves(spec, '', 0, leaves);
    return leaves;
  });
  const paths = [...new Set(flat.flatMap((leaves) => [...leaves.keys()]))];
  const rank = (path: string): number => (path === 'config' || path.startsWith('config.') ? 0 : 1);
  return paths
    .toSorted((one, other) => rank(one) - rank(other) || one.localeCompare(other))
    .map((path) => {
      const leaves = flat.map((one) => one.get(path));
      const values = leaves.map((leaf) => (leaf === undefined ? undefined : String(leaf)));
      return { path, values, numbers: numbersOf(leaves), differs: new Set(values).size > 1 };
    });
}
