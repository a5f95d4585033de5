import { checkPath } from './paths.ts';

/** `portable`: also names that Windows does not store are refused. */
export const nameRules = ['any', 'portable'] as const;
export type NameRule = (typeof nameRules)[number];

/** Limits of uploads to datasets, as an operator sets them. */
export type UploadRules = {
  /** Longest body of one request that cannot be resumed. */
  readonly requestBytes: number;
  /** Longest upload that can be resumed. */
  readonly resumableBytes: number;
  /** Endings of names in lower case, without the dot; empty: all. */
  readonly extensions: readonly string[];
  readonly names: NameRule;
};

export const defaultUploadRules: UploadRules = {
  requestBytes: 500_000_000,
  resumableBytes: 1_000_000_000_000,
  extensions: [],
  names: 'any',
};

const reserved: ReadonlySet<string> = new Set([
  ...['con', 'prn', 'aux', 'nul', 'clock$'],
  ...Array.from({ length: 10 }, (_, number) => [`com${number}`, `lpt${number}`]).flat(),
]);
const notPortable = /[<>:"|?*]/;

function isPortable(name: string): boolean {
  const stem = name.split('.', 1)[0] ?? '';
  return !notPortable.test(name) && !/[. ]$/.test(name) && !reserved.has(stem.trim().toLowerCase());
}

/**
 * The path in its one spelling, or why it is refused: `name` for a name that is not stored, `extension` for a file that
 * is not in the list.
 */
export function checkUploadPath(
  { extensions, names }: Pick<UploadRules, 'extensions' | 'names'>,
  given: string,
):
  | { readonly path: string; readonly fault: null }
  | { readonly fault: 'name' | 'extension'; readonly problem: string } {
  const checked = checkPath(given);
  if (checked.problem !== null) return { fault: 'name', problem: checked.problem };
  const { path } = checked;
  const wrong = names === 'portable' ? path.split('/').find((name) => !isPortable(name)) : undefined;
  if (wrong !== undefined)
    return { fault: 'name', problem: `has the name ${JSON.stringify(wrong)}, which Windows does not store` };
  const lower = path.toLowerCase();
  if (extensions.length > 0 && !extensions.some((ending) => lower.endsWith(`.${ending}`)))
    return { fault: 'extension', problem: `is not of the allowed types: ${extensions.join(', ')}` };
  return { path, fault: null };
}
