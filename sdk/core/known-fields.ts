import { z } from 'zod';

/** The schema of the value inside: without default, optional, nullable and the like. */
function inner(schema: unknown): unknown {
  let found = schema;
  for (;;) {
    if (
      found instanceof z.ZodOptional ||
      found instanceof z.ZodDefault ||
      found instanceof z.ZodPrefault ||
      found instanceof z.ZodNullable ||
      found instanceof z.ZodReadonly
    )
      found = found.unwrap();
    else if (found instanceof z.ZodPipe) found = found.def.in;
    else return found;
  }
}

function below(schema: unknown, part: PropertyKey): unknown {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, part) ? schema.shape[String(part)] : undefined;
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

function fieldsOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  return schema instanceof z.ZodUnion ? [...new Set(schema.options.flatMap((option) => fieldsOf(inner(option))))] : [];
}

/** Names of the fields that the object at `path` may have; none when the schema has no object there. Alternatives are taken together. */
export function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let found = inner(schema);
  for (const part of path) found = inner(below(found, part));
  return fieldsOf(found);
}
