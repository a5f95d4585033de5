import { jobFileSchema } from '@artenic/core';
import { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;
type Row = { readonly path: string; readonly type: string; readonly fallback: string; readonly text: string };

/** JSON Schema of `artenic.yaml`. */
function jobSchema(): Schema {
  return z.toJSONSchema(jobFileSchema, { target: 'draft-2020-12', io: 'input' });
}

/** JSON Schema file for editors. */
export function jobSchemaDocument(): string {
  return `${JSON.stringify({ title: 'Artenic job file', ...jobSchema() }, null, 2)}\n`;
}

const objectOf = (schema: Schema['items']): Schema | null =>
  typeof schema === 'object' && !Array.isArray(schema) ? schema : null;

/** One of several forms of an entry of a list. */
const isForm = (schema: unknown): schema is Schema => typeof schema === 'object' && schema !== null;

function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  const from = minimum ?? (exclusiveMinimum === undefined ? undefined : `more than ${exclusiveMinimum}`);
  if (from === undefined || maximum === undefined) return '';
  return `, ${from} to ${maximum}`;
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((one) => typeOf(one)))].join(' or ');
  if (schema.format === 'date-time') return 'date and time (ISO 8601)';
  if (schema.type === 'array') return `list of ${typeOf(objectOf(schema.items) ?? {})}`;
  if (schema.type === 'integer') return `whole number${range(schema)}`;
  if (schema.type === 'number') return `number${range(schema)}`;
  if (schema.type === 'object') return 'map';
  return typeof schema.type === 'string' ? schema.type : 'any value';
}

function rowsOf(schema: Schema, prefix: string): readonly Row[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const field = value as Schema;
    const path = `${prefix}${name}`;
    const isPlain = field.default === undefined || (typeof field.default === 'object' && field.default !== null);
    const row: Row = {
      path,
      type: typeOf(field),
      fallback: required.has(name) ? '**required**' : isPlain ? '' : `\`${JSON.stringify(field.default)}\``,
      text: field.description ?? '',
    };
    if (field.properties !== undefined) return [row, ...rowsOf(field, `${path}.`)];
    const items = objectOf(field.items);
    const forms = items === null ? [] : [items, ...(items.anyOf ?? []).filter(isForm)];
    return [row, ...forms.flatMap((form) => rowsOf(form, `${path}[].`))];
  });
}

/** Table of every field of `artenic.yaml`. */
export function jobFileDocument(): string {
  const rows = rowsOf(jobSchema(), '').map(
    ({ path, type, fallback, text }) => `| \`${path}\` | ${type} | ${fallback} | ${text} |`,
  );
  return `# Job file

Every field of \`artenic.yaml\`. YAML or JSON; unknown fields are refused with their line. For completion in your editor,
begin the file with \`# yaml-language-server: $schema=<path>/docs/job.schema.json\`.
Made from \`sdk/core/job-spec.ts\` by \`node scripts/generate.ts\`.

| field | type | default | what it does |
|---|---|---|---|
${rows.join('\n')}
`;
}
