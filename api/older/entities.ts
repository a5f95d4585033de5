import {
  freeFieldsSchema,
  newFeatureSchema,
  newRunSchema,
  runChangeSchema,
  runMetricsSchema,
  lineageKinds,
  runStates,
  type LineageKind,
  type LineageRelation,
  type RunState,
  type RunView,
} from '@artenic/core';
import { z } from 'zod';
import type { LineageLink, LineagePlace } from '../../core/lineage/relations.ts';

/** Words of earlier clients for the status of a run. */
const olderStates = new Map<string, RunState>([
  ...(['pending', 'created'] as const).map((word) => [word, 'queued'] as const),
  ...(['started', 'in_progress'] as const).map((word) => [word, 'running'] as const),
  ...(['completed', 'complete', 'success', 'finished'] as const).map((word) => [word, 'succeeded'] as const),
  ...[['error', 'failed'] as const, ['canceled', 'cancelled'] as const],
]);
/** A status in our word or in an older one. */
export const runStateSchema = z
  .enum([...runStates, ...olderStates.keys()])
  .transform((word) => olderStates.get(word) ?? (word as RunState));

const triggeredBy = z.string().min(1).max(200);

/** A new run with the fields of earlier clients beside ours. */
export const runBody = newRunSchema
  .extend({
    status: runStateSchema.default('queued'),
    config: freeFieldsSchema.nullish().meta({ description: 'Older name of `parameters`.' }),
    triggered_by: triggeredBy.nullish().meta({ description: 'Older name of `triggeredBy`.' }),
  })
  .transform(({ config, triggered_by, ...run }) => ({
    ...run,
    parameters: { ...config, ...run.parameters },
    triggeredBy: run.triggeredBy ?? triggered_by ?? undefined,
  }));

export const runChangeBody = runChangeSchema
  .extend({
    status: runStateSchema.nullish(),
    metrics: runMetricsSchema.nullish(),
    duration_seconds: runChangeSchema.shape.durationSeconds
      .nullish()
      .meta({ description: 'Older name of `durationSeconds`.' }),
  })
  .transform(({ duration_seconds, status, metrics, durationSeconds }) => ({
    status: status ?? undefined,
    metrics: metrics ?? undefined,
    durationSeconds: durationSeconds ?? duration_seconds ?? undefined,
  }));

/** Adds the fields that earlier clients read of a run. */
export const withOlderRunFields = (run: RunView) => ({
  ...{ ...run, config: run.parameters, triggered_by: run.triggeredBy, duration_seconds: run.durationSeconds },
});

/** A new feature; earlier clients may leave the name out and send a version of their own. */
export const featureBody = newFeatureSchema
  .extend({
    name: newFeatureSchema.shape.name.optional(),
    metadata: freeFieldsSchema.nullish(),
    version: z.union([z.string().min(1).max(64), z.number().int().min(0).max(2_147_483_647)]).nullish(),
  })
  .transform(({ version, ...feature }) => ({
    ...feature,
    metadata: feature.metadata ?? {},
    label: feature.label ?? (version === undefined || version === null ? null : String(version)),
  }));

/** Words for the relation of an edge; `isReversed`: earlier clients name what was made first, as its source. */
const relationWords = new Map<string, { readonly relation: LineageRelation; readonly isReversed: boolean }>([
  ...(['input', 'inputs', 'input_to', 'consumes', 'reads', 'used_by'] as const).map(
    (word) => [word, { relation: 'input', isReversed: false }] as const,
  ),
  ...(['output', 'outputs', 'output_of', 'produces', 'generates', 'writes'] as const).map(
    (word) => [word, { relation: 'output', isReversed: false }] as const,
  ),
  ...(['derived', 'derives', 'transforms'] as const).map(
    (word) => [word, { relation: 'derived', isReversed: false }] as const,
  ),
  ...(['derived_from', 'trained_on', 'depends_on'] as const).map(
    (word) => [word, { relation: 'derived', isReversed: true }] as const,
  ),
]);
export const relationTypeSchema = z.enum([...relationWords.keys()] as [string, ...string[]]);

/**
 * The edge of a word between two things. A run is always the end of an input and the beginning of an output, whichever
 * was named first.
 */
export function linkOfWord(word: string, source: LineagePlace, target: LineagePlace): LineageLink {
  const { relation, isReversed } = relationWords.get(word) ?? { relation: 'derived', isReversed: false };
  const [from, to] = isReversed ? [target, source] : [source, target];
  if (relation === 'input')
    return from.kind === 'run' ? { source: to, target: from, relation } : { source: from, target: to, relation };
  if (relation === 'output')
    return to.kind === 'run' ? { source: to, target: from, relation } : { source: from, target: to, relation };
  if (to.kind === 'run') return { source: from, target: to, relation: 'input' };
  return { source: from, target: to, relation: from.kind === 'run' ? 'output' : relation };
}

/** Kinds as earlier clients write them: also with "_", and a run by the name of its job. */
const olderKinds = new Map<string, LineageKind>([
  ...lineageKinds.map((kind) => [kind, kind] as const),
  ...[['job', 'run'] as const, ['training-job', 'run'] as const],
]);
export const entityTypeSchema = z
  .preprocess(
    (value) => (typeof value === 'string' ? value.replaceAll('_', '-') : value),
    z.enum([...olderKinds.keys()] as [string, ...string[]]),
  )
  .transform((word): LineageKind => olderKinds.get(word) ?? 'artifact');
