import { fieldFaults, pointerOf } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';

/** What the schema makes of the value; otherwise `validation-failed` that names every fault. `what` begins the sentence. */
export function parsePart<T extends z.ZodType>(what: string, schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldFaults(parsed.error.issues).map(({ path, message }) => ({ pointer: pointerOf(path), message }));
  throw new ArtenicError(
    'validation-failed',
    `${what}: ${errors.map((error) => `${error.pointer || '/'} ${error.message}`).join('; ')}`,
    { errors },
  );
}
