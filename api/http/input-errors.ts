import { fieldFaults, pointerOf } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';

/**
 * Returns the value as the schema has parsed it; otherwise throws `validation-failed`, which names every fault. The
 * error's sentence begins with `what`.
 */
export function parsePart<T extends z.ZodType>(what: string, schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldFaults(parsed.error.issues, schema).map(({ path, message }) => ({
    pointer: pointerOf(path),
    message,
  }));
  throw new ArtenicError(
    'validation-failed',
    `${what}: ${errors.map((error) => `${error.pointer || '/'} ${error.message}`).join('; ')}`,
    { errors },
  );
}
