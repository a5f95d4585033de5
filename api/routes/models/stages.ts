import { modelStageInput, type ModelStage } from '@artenic/core';
import { z } from 'zod';
import { moveVersion } from '../../../app/models/move.ts';
import type { ModelVersionRecord } from '../../../store/types.ts';
import type { ApiDeps } from '../../deps.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { modelVersionView } from '../../jobs/views.ts';
import { forgetTargets } from '../../predictions/targets.ts';
import { named, versionParam } from '../../schemas.ts';
import { targetOf } from '../predictions/predictions.ts';

/**
 * Loads a version before its first prediction, so that no prediction waits for the load. A model that fails to load
 * here fails at its prediction.
 */
async function warm(deps: ApiDeps, projectId: string, place: { readonly name: string; readonly version: number }) {
  const version = await deps.store.models.getVersion(projectId, place.name, place.version);
  if (version.stage === 'retired' || version.external !== null || version.sha256 === null) return;
  try {
    await deps.predictor.warm(targetOf(version));
  } catch (error) {
    deps.logger.warn({ err: error, model: place.name, version: place.version }, 'not warmed up');
  }
}

type Place = z.output<typeof versionParam>;

type Move = {
  readonly to: ModelStage;
  readonly reason: string;
  readonly view: (version: ModelVersionRecord) => object;
};

export async function move(
  { deps, principal, remember }: Context<unknown, unknown, unknown>,
  place: Place,
  { to, reason, view }: Move,
): Promise<Reply> {
  const { name: model, version } = place;
  const caller = principal();
  if (to === 'production') await warm(deps, caller.projectId, place);
  const reply = await moveVersion(
    deps,
    { principal: caller, model, version, to, reason },
    async (repositories, changed) => {
      const answer = ok(view(changed));
      await remember(repositories, answer);
      return answer;
    },
  );
  forgetTargets(deps);
  return reply;
}

const moveTo = (context: Context<Place, unknown, unknown>, to: ModelStage, why: string): Promise<Reply> =>
  move(context, context.params, { to, reason: why, view: modelVersionView });

const reason = z.string().max(1000).default('');

/** Routes that move a version to a stage; two of them have a word of their own. */
export function stageRoutes(): readonly Route[] {
  const common = { permission: 'write', tag: 'models', params: versionParam, idempotent: true } as const;
  const answers = { 200: { description: 'The version', schema: named.modelVersion } } as const;
  const version = '/api/v1/models/{name}/versions/{version}';
  return [
    route({
      ...{ ...common, answers, method: 'post', path: `${version}/promote`, body: z.strictObject({ reason }) },
      summary: 'Put a version into production; the one before goes back to staging',
      handle: (context) => moveTo(context, 'production', context.body.reason),
    }),
    route({
      ...{ ...common, answers, method: 'post', path: `${version}/retire`, body: z.strictObject({ reason }) },
      summary: 'Take a version out of use for good',
      handle: (context) => moveTo(context, 'retired', context.body.reason),
    }),
    route({
      ...{ ...common, answers, method: 'patch', path: `${version}/stage` },
      summary: 'Move a version to a stage',
      body: z.strictObject({ stage: modelStageInput, reason }),
      handle: (context) => moveTo(context, context.body.stage, context.body.reason),
    }),
  ];
}
