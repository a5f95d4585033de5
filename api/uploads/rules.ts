import { checkUploadPath, type UploadRules } from '../../core/datasets/upload-rules.ts';
import { ArtenicError } from '../../core/errors.ts';

type Rules = Pick<UploadRules, 'extensions' | 'names'>;

/**
 * The path in its one spelling. @throws ArtenicError `validation-failed` for a name that is not stored,
 * `unsupported-media-type` with the list for a file that is not in it
 */
export function mustBeAllowed(rules: Rules, given: string, pointer = '/path'): string {
  const checked = checkUploadPath(rules, given);
  if (checked.fault === null) return checked.path;
  const message = `${JSON.stringify(given)} ${checked.problem}`;
  const type = checked.fault === 'extension' ? 'unsupported-media-type' : 'validation-failed';
  throw new ArtenicError(type, `${message}.`, { errors: [{ pointer, message }] });
}

export function mustAllBeAllowed(rules: Rules, put: readonly { readonly path: string }[]): void {
  if (rules.extensions.length === 0 && rules.names === 'any') return;
  for (const [index, { path }] of put.entries()) mustBeAllowed(rules, path, `/put/${index}/path`);
}
