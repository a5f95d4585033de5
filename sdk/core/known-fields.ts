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

/** The schema at `path` below another one; undefined when there is none. */
export function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  let found = inner(schema);
  for (const part of path) found = inner(below(found, part));
  return found;
}

/** One of the alternatives of a schema; the schema itself when it has none. */
export function alternativeOf(schema: unknown, index: number): unknown {
  return schema instanceof z.ZodUnion ? inner(schema.options[index]) : schema;
}

/** Names of the fields that an object of this schema may have, in any of its forms; none when it is not an object. */
export function knownFields(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => knownFields(inner(option)));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
