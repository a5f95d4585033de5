import {
  freeFieldsSchema,
  modelChangeSchema,
  modelFormats,
  modelStageInput,
  modelVersionViewSchema,
  modelViewSchema,
  mostEntries,
  registerModelRequestSchema,
  type ModelVersionView,
  type ModelView,
} from '@artenic/core';
import { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';
import type { ModelVersionRecord } from '../../store/types.ts';
import { modelVersionView } from '../jobs/views.ts';
import type { ApiDeps } from '../deps.ts';

// For clients of an earlier platform a model is one version: it has an id, which they may choose, and a name.

/** A model's name, `name@3`, `name:3`, or the id that was chosen for a version. */
export const modelRefParam = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/)
    .meta({ description: 'A model’s name, `name@3` for version 3, or the id that was chosen for a version.' }),
});
const chosenId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
/** Older clients send null for a value that is not a number. */
const olderMetrics = mostEntries(z.record(z.string().min(1).max(128), z.number().nullable()), 1000);

export const olderModelSchema = z
  .strictObject({
    id: chosenId.nullish(),
    name: z.string().min(1).max(200).nullish(),
    framework: z.string().min(1).max(200).nullish(),
    description: z.string().max(4000).nullish(),
    metadata: freeFieldsSchema.nullish(),
    metrics: olderMetrics.nullish(),
    version: z.union([z.string().min(1).max(64), z.number().int().min(0).max(2_147_483_647)]).nullish(),
  })
  .meta({ id: 'OlderModel' });
export type OlderModel = z.output<typeof olderModelSchema>;

/** Our own body has `model` and `sha256`. */
export const isOlderModel = (body: z.output<typeof registerModelRequestSchema> | OlderModel): body is OlderModel =>
  !('sha256' in body);

/** The body of a new version in both forms: ours has `sha256`. */
export const newModelBody = z.union([registerModelRequestSchema.meta({ id: 'NewModelVersion' }), olderModelSchema]);

export const olderChangeBody = z.strictObject({
  ...modelChangeSchema.shape,
  description: modelChangeSchema.shape.description.unwrap().nullish(),
  metadata: freeFieldsSchema.nullish(),
  metrics: olderMetrics.nullish(),
});

/** The format of files of a framework: ONNX unless the framework has a format of its own. */
export function formatOf(framework: string | null | undefined): (typeof modelFormats)[number] {
  return modelFormats.find((format) => format === framework?.toLowerCase()) ?? 'onnx';
}

/** The given name in the form of our names: lower case, with `-` for each character that they may not have. */
export function nameOf(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replace(/^[._-]+/, '');
  if (plain !== '') return plain.slice(0, 63);
  throw new ArtenicError('validation-failed', `${JSON.stringify(text)} has no letter or digit for a model's name.`, {
    errors: [{ pointer: '/name', message: 'has no letter or digit' }],
  });
}

export const finiteMetrics = (metrics: OlderModel['metrics']): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(metrics ?? {}).filter((entry): entry is [string, number] => entry[1] !== null));

const withId = { id: z.string(), name: z.string() };
export const olderVersionSchema = modelVersionViewSchema.extend(withId).meta({ id: 'ModelVersionById' });
export const olderModelViewSchema = modelViewSchema
  .extend({ ...modelVersionViewSchema.omit({ createdAt: true }).shape, id: z.string() })
  .meta({ id: 'ModelWithVersion' });

type ById = ModelVersionView & { readonly id: string; readonly name: string };
/** A version with the id and name that earlier clients read. */
export function byId(version: ModelVersionRecord): ById {
  const { chosenId: chosen, model } = version;
  return { ...modelVersionView(version), id: chosen ?? `${model}@${version.version}`, name: model };
}
/** A model with the fields of one of its versions. */
export const withVersion = (model: ModelView, version: ModelVersionRecord) => ({ ...byId(version), ...model });

export type Resolved = {
  readonly version: ModelVersionRecord;
  /** Whether the reference was a model's name alone. */
  readonly isWholeModel: boolean;
};

/**
 * The version that a reference means. A name alone means the version in production, else the newest; with `newest`
 * always the newest. @throws ArtenicError `not-found`
 */
export async function resolveModel(
  { store }: Pick<ApiDeps, 'store'>,
  projectId: string,
  ref: string,
  newest = false,
): Promise<Resolved> {
  const chosen = await store.models.byChosenId(projectId, ref);
  if (chosen !== null) return { version: chosen, isWholeModel: false };
  const [, name, number] = /^([a-z0-9][a-z0-9._-]{0,62})[@:]([1-9][0-9]{0,8})$/.exec(ref) ?? [];
  if (name !== undefined)
    return { version: await store.models.getVersion(projectId, name, Number(number)), isWholeModel: false };
  const { latestVersion, productionVersion } = await store.models.get(projectId, ref);
  const wanted = newest ? latestVersion : (productionVersion ?? latestVersion);
  return { version: await store.models.getVersion(projectId, ref, wanted), isWholeModel: true };
}

export const olderStageBody = z.strictObject({
  stage: modelStageInput.nullish(),
  reason: z.string().max(1000).default(''),
});
