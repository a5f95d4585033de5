import type { z } from 'zod';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** A field that does not match its schema. `isUnknown`: the schema has no such field. */
export type FieldFault = { readonly path: Path; readonly isUnknown: boolean; readonly message: string };

/** Callers fix only a few faults at a time, and finding the line of each costs time. */
const mostFaults = 20;

export function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function depthOf(issues: readonly Issue[]): number {
  return issues.reduce((depth, { path }) => Math.max(depth, path.length), 0);
}

/**
 * The alternative that fits best, which is the one with the deepest faults. Null when the value itself has the wrong
 * type for all of them.
 */
function closest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const best = alternatives.toSorted((a, b) => depthOf(b) - depthOf(a))[0];
  if (best === undefined) return null;
  return depthOf(best) > 0 || best.some(({ code }) => code !== 'invalid_type') ? best : null;
}

/** For example "expected string or array, received number". */
function anyOf(alternatives: readonly (readonly Issue[])[], otherwise: string): string {
  const types = alternatives.flat().filter((issue) => issue.code === 'invalid_type');
  const [first] = types;
  if (first === undefined) return otherwise;
  return first.message.replace(first.expected, [...new Set(types.map(({ expected }) => expected))].join(' or '));
}

function faultsOf(issue: Issue, above: Path): readonly FieldFault[] {
  const path = [...above, ...issue.path];
  const single = (message: string): readonly FieldFault[] => [{ path, isUnknown: false, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        isUnknown: true,
        message: `unknown field "${key.slice(0, 100)}"`,
      }));
    case 'invalid_union': {
      const best = closest(issue.errors);
      return best === null
        ? single(anyOf(issue.errors, issue.message))
        : best.flatMap((inner) => faultsOf(inner, path));
    }
    case 'invalid_key':
    case 'invalid_element':
      return single(issue.issues[0]?.message ?? issue.message);
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_format':
    case 'too_big':
    case 'too_small':
    case 'not_multiple_of':
    case 'custom':
      return single(issue.message);
    default:
      return issue satisfies never;
  }
}

/** Faults of a value, field by field: the first ones, then the number of further faults. */
export function fieldFaults(issues: readonly Issue[]): readonly FieldFault[] {
  const all = issues.flatMap((issue) => faultsOf(issue, []));
  if (all.length <= mostFaults) return all;
  const rest = { path: [], isUnknown: false, message: `and ${all.length - mostFaults} more errors` };
  return [...all.slice(0, mostFaults), rest];
}
