import { jobFileSchema } from '@artenic/core';
import { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

/** JSON Schema of `artenic.yaml`. */
const jobSchema: Schema = z.toJSONSchema(jobFileSchema, { target: 'draft-2020-12', io: 'input' });

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** The schema and its alternatives. */
function alternatives(schema: Schema): readonly Schema[] {
  return [schema, ...(schema.anyOf ?? []).filter(isSchema)];
}

/** Schemas that apply at a path; `[]` stands for the items of a list. */
export function schemasAt(path: readonly string[]): readonly Schema[] {
  let found = alternatives(jobSchema);
  for (const part of path)
    found = found
      .map((one) => (part === '[]' ? one.items : new Map(Object.entries(one.properties ?? {})).get(part)))
      .filter(isSchema)
      .flatMap(alternatives);
  return found;
}

/** Every field that holds a value of its own, with its description; `/` joins the names of a path. */
export function leaves(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (schema: Schema, path: string): void => {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (!isSchema(field)) continue;
      const below = path === '' ? name : `${path}/${name}`;
      if (field.properties === undefined) found.set(below, field.description ?? '');
      else walk(field, below);
    }
  };
  walk(jobSchema, '');
  return found;
}
