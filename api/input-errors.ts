import type { z } from 'zod';
import { ArtenicError, type InputError } from '../core/errors.ts';

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function inputErrors(issues: readonly z.core.$ZodIssue[]): readonly InputError[] {
  return issues.flatMap((issue): readonly InputError[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: `unknown field "${key}"` }))
      : [{ pointer: pointerOf(issue.path), message: issue.message }],
  );
}

/** What the schema makes of the value; otherwise `validation-failed` that names every fault. `what` begins the sentence. */
export function parsePart<T extends z.ZodType>(what: string, schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = inputErrors(parsed.error.issues);
  throw new ArtenicError(
    'validation-failed',
    `${what}: ${errors.map((error) => `${error.pointer || '/'} ${error.message}`).join('; ')}`,
    { errors },
  );
}
