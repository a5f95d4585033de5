import { expect, test } from '@jest/globals';
import * as contracts from '@artenic/core';
import { z } from 'zod';
import { createMetrics } from '../../api/metrics/metrics.ts';
import { createRoutes } from '../../api/routes/index.ts';

/** The parts of zod's schema definition that determine its size. */
type Def = {
  readonly type: string;
  readonly checks?: readonly z.core.$ZodCheck[];
  readonly [field: string]: unknown;
};

// oxlint-disable-next-line no-underscore-dangle -- zod's own name for it
const internals = (of: z.core.$ZodType | z.core.$ZodCheck): unknown => of._zod.def;
const defOf = (schema: z.core.$ZodType): Def => internals(schema) as Def;
const isSchema = (value: unknown): value is z.core.$ZodType => value instanceof z.core.$ZodType;

/** Formats whose pattern limits the length. */
const shortFormats: ReadonlySet<unknown> = new Set(['uuid', 'datetime', 'date']);

function isBounded(schema: z.core.$ZodType, def: Def): boolean {
  if (def.type === 'record') return z.globalRegistry.get(schema)?.['maxProperties'] !== undefined;
  const checks = (def.checks ?? []).map((check) => internals(check) as Readonly<Record<string, unknown>>);
  return (
    shortFormats.has(def['format']) ||
    checks.some(({ check, format }) => check === 'max_length' || check === 'max_size' || shortFormats.has(format)) ||
    checks.some(({ pattern }) => pattern instanceof RegExp && isFinite(pattern))
  );
}

/** Whether a pattern is anchored and has no unbounded repetition. */
function isFinite({ source }: RegExp): boolean {
  return (
    source.startsWith('^') &&
    source.endsWith('$') &&
    !/(?<!\\)(?:[*+]|\{\d+,\})/.test(source.replaceAll(/\[[^\]]*\]/g, 'x'))
  );
}

/** Paths of strings, lists and records without a length limit. */
function unbounded(schema: z.core.$ZodType, path: string, seen: ReadonlySet<unknown> = new Set()): readonly string[] {
  if (seen.has(schema)) return [];
  const around = new Set([...seen, schema]);
  const def = defOf(schema);
  const inner = (value: unknown, name: string): readonly string[] =>
    isSchema(value) ? unbounded(value, `${path}${name}`, around) : [];
  const own = ['string', 'array', 'record', 'map', 'set'].includes(def.type) && !isBounded(schema, def) ? [path] : [];
  const parts = Object.entries(def).flatMap(([name, value]) => {
    if (name === 'shape')
      return Object.entries(value as Record<string, unknown>).flatMap(([field, one]) => inner(one, `.${field}`));
    if (Array.isArray(value)) return value.flatMap((one) => inner(one, ''));
    return inner(value, name === 'element' || name === 'valueType' ? '[]' : '');
  });
  const lazy = def.type === 'lazy' ? inner((def['getter'] as () => unknown)(), '') : [];
  return [...own, ...parts, ...lazy];
}

/** JSON of free form, limited only by the longest body, which every route has. */
const freeJson =
  /body\.(?:config|metadata|workload_spec|inputs|data|batch|parameters|(?:inputs|outputs)\[\]\.parameters)(?:\[\])*$/;

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']));

test('the walk finds what has no bound', () => {
  const schema = z.strictObject({
    free: z.string(),
    held: z.string().max(3),
    id: z.uuid(),
    kind: z.enum(['a', 'b']),
    list: z.array(z.string().regex(/^\w+$/).optional()),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    table: z.record(z.string(), z.number()),
    counted: contracts.mostEntries(z.record(z.string().max(9), z.number()), 5),
    one: z
      .union([z.string().min(1), z.number()])
      .nullable()
      .default(null),
  });
  expect(unbounded(schema, 'x')).toEqual(['x.free', 'x.list', 'x.list[]', 'x.table', 'x.table', 'x.one']);
});

test('whatever a caller or a runner may send has a longest length', () => {
  const routes = createRoutes({ version: '0' }, createMetrics());
  const found = routes.flatMap((route) => {
    const name = `${route.method} ${route.path}`;
    return [
      ...(route.params === null ? [] : unbounded(route.params, `${name} params`)),
      ...(route.query === null ? [] : unbounded(route.query, `${name} query`)),
      ...(route.bodySchema === null ? [] : unbounded(route.bodySchema, `${name} body`)),
    ];
  });
  const { checkpointManifestSchema, completionMarkerSchema } = contracts;
  const stored = { checkpointManifestSchema, completionMarkerSchema };
  const all = [...found, ...Object.entries(stored).flatMap(([name, schema]) => unbounded(schema, name))];
  expect(all.filter((path) => !freeJson.test(path))).toEqual([]);
  expect(contracts.jobSpecSchema.safeParse({ service: 's', command: 'c', labels: many(64) }).success).toBe(true);
  expect(contracts.jobSpecSchema.safeParse({ service: 's', command: 'c', labels: many(65) }).success).toBe(false);
});
