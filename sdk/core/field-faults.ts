import type { z } from 'zod';
import { didYouMean, faultWords, wrongType } from './fault-words.ts';
import { alternativeOf, knownFields, schemaAt } from './known-fields.ts';
import { nearest } from './nearest.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** A field that does not match its schema. `isUnknown`: the schema has no such field. */
export type FieldFault = {
  readonly path: Path;
  readonly isUnknown: boolean;
  readonly message: string;
  /** For an unknown field: the one that was probably meant. */
  readonly meant?: string;
};

/** Callers fix only a few faults at a time, and finding the line of each costs time. */
const mostFaults = 20;

export function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function depthOf(issues: readonly Issue[]): number {
  return issues.reduce((depth, { path }) => Math.max(depth, path.length), 0);
}

/** How many fields an alternative does not have; one of another type has none of them. */
function strangers(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => {
    if (issue.path.length > 0) return sum;
    return issue.code === 'unrecognized_keys' ? sum + issue.keys.length : Infinity;
  }, 0);
}

/**
 * The alternative that fits best: it has most of the value's fields, and among equal ones the deepest faults. Null when
 * the value itself has the wrong type for all of them.
 */
function closest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const best = alternatives.toSorted((a, b) => {
    const [one, other] = [strangers(a), strangers(b)];
    return one === other ? depthOf(b) - depthOf(a) : one - other;
  })[0];
  if (best === undefined) return null;
  return depthOf(best) > 0 || best.some(({ code }) => code !== 'invalid_type') ? best : null;
}

/** A fault of a value that has the wrong type for every alternative. */
function anyOf(alternatives: readonly (readonly Issue[])[], otherwise: Issue): string {
  const types = alternatives.flat().filter((issue) => issue.code === 'invalid_type');
  const [first] = types;
  return first === undefined
    ? faultWords(otherwise)
    : wrongType(
        types.map(({ expected }) => expected),
        first,
      );
}

/** The schema of the value at `path`; undefined when it is not known. */
type Place = { readonly path: Path; readonly schema: unknown };

function faultsOf(issue: Issue, above: Place): readonly FieldFault[] {
  const path = [...above.path, ...issue.path];
  const schema = schemaAt(above.schema, issue.path);
  const single = (message: string): readonly FieldFault[] => [{ path, isUnknown: false, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key, index) => {
        const meant = index < mostFaults ? nearest(key, knownFields(schema)) : null;
        const message = `unknown field "${key.slice(0, 100)}"${didYouMean(meant)}`;
        return { path: [...path, key], isUnknown: true, message, ...(meant === null ? {} : { meant }) };
      });
    case 'invalid_union': {
      const best = closest(issue.errors);
      return best === null
        ? single(anyOf(issue.errors, issue))
        : best.flatMap((inner) =>
            faultsOf(inner, {
              path,
              schema: alternativeOf(
                schema,
                issue.errors.findIndex((one) => one === best),
              ),
            }),
          );
    }
    case 'invalid_key':
    case 'invalid_element':
      return single(faultWords(issue.issues[0] ?? issue));
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_format':
    case 'too_big':
    case 'too_small':
    case 'not_multiple_of':
    case 'custom':
      return single(faultWords(issue));
    default:
      return issue satisfies never;
  }
}

/** A missing field is not told beside an unknown one that was probably meant for it. */
function withoutMistyped(faults: readonly FieldFault[]): readonly FieldFault[] {
  const meant = new Set(
    faults.flatMap(({ path, meant }) => (meant === undefined ? [] : [pointerOf([...path.slice(0, -1), meant])])),
  );
  return faults.filter(({ path, message }) => !message.startsWith('missing:') || !meant.has(pointerOf(path)));
}

/**
 * Faults of a value, field by field: the first ones, then the number of further faults. With the schema, unknown fields
 * name the field that was probably meant.
 */
export function fieldFaults(issues: readonly Issue[], schema?: z.ZodType): readonly FieldFault[] {
  const all = withoutMistyped(issues.flatMap((issue) => faultsOf(issue, { path: [], schema })));
  if (all.length <= mostFaults) return all;
  const rest = { path: [], isUnknown: false, message: `and ${all.length - mostFaults} more errors` };
  return [...all.slice(0, mostFaults), rest];
}
