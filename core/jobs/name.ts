/** Longest name of a job. */
export const longestJobName = 120;
/** A default name ends with the difference that crosses this length. */
const longestDifference = 60;
const longestValue = 24;
/** Most configuration values that are compared; a configuration may have as many as its body holds. */
const mostValues = 1000;

type Config = Readonly<Record<string, unknown>>;

/** Values of a configuration by their dotted path, in their order. A list counts as one value. */
function* valuesOf(config: Config, prefix: string): Generator<readonly [path: string, value: unknown]> {
  for (const [key, value] of Object.entries(config)) {
    const path = `${prefix}${key}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      yield* valuesOf(value as Config, `${path}.`);
    else yield [path, value];
  }
}

function valuesByPath(config: Config): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [path, value] of valuesOf(config, '')) {
    if (values.size === mostValues) break;
    values.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return values;
}

/** One line without control characters. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
}

function shortened(text: string): string {
  const line = inOneLine(text);
  return line.length <= longestValue ? line : `${line.slice(0, longestValue - 1).toWellFormed()}…`;
}

/**
 * Describes a configuration by its differences from an earlier one: `seed=9 epochs=150`. Empty when there are none.
 * Differences that do not fit are counted: `seed=9 +3`.
 */
export function nameOfDifferences(config: Config, earlier: Config): string {
  const [now, before] = [valuesByPath(config), valuesByPath(earlier)];
  const changed = [...now].filter(([path, value]) => before.get(path) !== value);
  const removed = [...before.keys()].filter((path) => !now.has(path));
  const differences = [
    ...changed.map(([path, value]) => `${shortened(path)}=${shortened(value)}`),
    ...removed.map((path) => `no ${shortened(path)}`),
  ];
  let name = '';
  for (const [index, difference] of differences.entries()) {
    const longer = name === '' ? difference : `${name} ${difference}`;
    if (longer.length > longestDifference) return index === 0 ? difference : `${name} +${differences.length - index}`;
    name = longer;
  }
  return name.trim();
}

/** Name of a job without differences from the one before it. */
export function numberedName(service: string, number: number): string {
  return `${service} #${number}`;
}

/** Temporal takes summaries of 400 bytes, and a character may have three. */
const longestInTitle = 60;

/** Title of a job in Temporal: `penguins: seed=9`, or `penguins #4` where the name is the service's own. */
export function titleOf(service: string, name: string): string {
  const [own = ''] = service.split('/');
  if (name.startsWith(`${own} #`) && name.length <= longestInTitle) return `${service}${name.slice(own.length)}`;
  return `${service}: ${name.length <= longestInTitle ? name : `${name.slice(0, longestInTitle - 1).toWellFormed()}…`}`;
}
