import { newRunSchema, pageSchema, runWays } from '@artenic/core';
import { z } from 'zod';
import { declareEdges, removeEdge } from '../../../app/lineage/declare.ts';
import { endOf, onlyPlaceOf } from '../../../app/lineage/places.ts';
import { lineagePlace, type LineageLink, type LineagePlace } from '../../../core/lineage/relations.ts';
import type { RunRecord } from '../../../store/types.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { ioView, runView } from '../../lineage/views.ts';
import { entityTypeSchema, runBody, runChangeBody, runStateSchema, withOlderRunFields } from '../../older/entities.ts';
import { given, longPageQuery, named, offsetQuery, pageQuery, placeRef, runParam } from '../../schemas.ts';

type RunParams = z.output<typeof runParam>;

const shown = (run: RunRecord) => withOlderRunFields(runView(run));

function runOf({ deps, params, principal }: Context<RunParams, unknown, unknown>): Promise<RunRecord> {
  return deps.store.runs.get(principal().projectId, params.run);
}

const linkOf = (run: string, direction: (typeof runWays)[number], place: LineagePlace): LineageLink =>
  direction === 'input'
    ? { source: place, target: lineagePlace.run(run), relation: 'input' }
    : { source: lineagePlace.run(run), target: place, relation: 'output' };

async function create(context: Context<unknown, unknown, z.output<typeof runBody>>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { projectId, name: createdBy } = principal();
  const { id = deps.newId(), name = id, inputs, outputs, triggeredBy = createdBy, ...rest } = body;
  const { status, parameters, metrics } = rest;
  return deps.store.transaction(principal(), async (repositories) => {
    const run = { id, projectId, name, status, parameters, metrics, triggeredBy, createdBy, createdAt: deps.now() };
    const made = await repositories.runs.insert(run);
    const links: LineageLink[] = [];
    for (const ref of inputs) links.push(linkOf(id, 'input', await endOf(repositories, projectId, ref)));
    for (const ref of outputs) links.push(linkOf(id, 'output', await endOf(repositories, projectId, ref)));
    await declareEdges(repositories, principal(), links);
    const reply: Reply = { status: 201, body: shown(made), headers: { location: `/api/v1/runs/${id}` } };
    await remember(repositories, reply);
    return reply;
  });
}

/** A job's run has the metrics of its end; until then they are those of the job. */
async function withLiveMetrics({ deps }: Context<RunParams, unknown, unknown>, run: RunRecord): Promise<RunRecord> {
  if (run.jobId === null || run.finishedAt !== null) return run;
  return { ...run, metrics: Object.fromEntries(await deps.store.metrics.latest(run.jobId)) };
}

async function update(context: Context<RunParams, unknown, z.output<typeof runChangeBody>>): Promise<Reply> {
  const { deps, body, principal, remember } = context;
  const { id, projectId } = await runOf(context);
  return deps.store.transaction(principal(), async (repositories) => {
    const reply = ok(shown(await repositories.runs.update(projectId, id, body, deps.now())));
    await remember(repositories, reply);
    return reply;
  });
}

const listQuery = z.strictObject({
  ...{ ...pageQuery, ...offsetQuery },
  status: runStateSchema.optional(),
  triggeredBy: newRunSchema.shape.triggeredBy,
  triggered_by: newRunSchema.shape.triggeredBy.meta({ description: 'Older name of `triggeredBy`.' }),
});

export function runRoutes(): readonly Route[] {
  const answers = { 200: { description: 'The run', schema: named.run } } as const;
  return [
    route({
      method: 'post',
      path: '/api/v1/runs',
      permission: 'write',
      tag: 'runs',
      idempotent: true,
      summary: 'Open a run for a training elsewhere; each job has its own run',
      body: runBody,
      answers: { 201: { description: 'The run', schema: named.run } },
      handle: create,
    }),
    route({
      method: 'get',
      path: '/api/v1/runs',
      permission: 'read',
      tag: 'runs',
      summary: 'List runs, newest first',
      query: listQuery,
      answers: { 200: { description: 'One page', schema: pageSchema(named.run) } },
      handle: async ({ deps, query, principal }) => {
        const { status, offset, triggeredBy, triggered_by, ...page } = query;
        const filters = { status, offset, triggeredBy: triggeredBy ?? triggered_by };
        const { projectId } = principal();
        const { items, nextCursor } = await deps.store.runs.list({ projectId, ...filters, ...given(page) });
        return ok({ items: items.map(shown), nextCursor });
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/runs/{run}',
      permission: 'read',
      tag: 'runs',
      summary: 'One run',
      params: runParam,
      answers,
      handle: async (context) => ok(shown(await withLiveMetrics(context, await runOf(context)))),
    }),
    route({
      method: 'delete',
      path: '/api/v1/runs/{run}',
      permission: 'write',
      tag: 'runs',
      summary: 'Delete a run that a caller has opened, unless something that it made exists',
      params: runParam,
      answers: { 204: { description: 'Deleted' } },
      handle: async (context) => {
        const { id, projectId } = await runOf(context);
        await context.deps.store.as(context.principal()).runs.remove(projectId, id);
        return { status: 204 };
      },
    }),
    route({
      method: 'patch',
      path: '/api/v1/runs/{run}/status',
      permission: 'write',
      tag: 'runs',
      idempotent: true,
      summary: 'Change status, metrics or duration of a run that a caller has opened',
      params: runParam,
      body: runChangeBody,
      answers,
      handle: update,
    }),
    ...ioRoutes(),
  ];
}

const ioBody = z.strictObject({
  entity_id: placeRef,
  /** Needed when two kinds share the id. */
  kind: entityTypeSchema.optional(),
  direction: z.enum(runWays),
});

async function linkNamed(
  context: Context<RunParams, unknown, unknown>,
  { entity_id: id, kind, direction }: z.output<typeof ioBody>,
  find: typeof endOf,
): Promise<LineageLink> {
  const run = await runOf(context);
  return linkOf(run.id, direction, await find(context.deps.store, run.projectId, { id, kind }));
}

function ioRoutes(): readonly Route[] {
  const path = '/api/v1/runs/{run}/io';
  return [
    route({
      method: 'post',
      path,
      permission: 'write',
      tag: 'runs',
      idempotent: true,
      summary: 'Declare what a run has read or made',
      params: runParam,
      body: ioBody,
      answers: { 201: { description: 'The input or output', schema: named.runIo } },
      handle: async (context) => {
        const { deps, body, principal, remember } = context;
        const link = await linkNamed(context, body, endOf);
        const node = body.direction === 'input' ? link.source : link.target;
        return deps.store.transaction(principal(), async (repositories) => {
          await declareEdges(repositories, principal(), [link]);
          const { projectId } = principal();
          const [facts = null] = await repositories.lineage.describe(projectId, [node]);
          const edge = await repositories.lineage.get(projectId, link);
          const reply: Reply = { status: 201, body: ioView(edge, facts) };
          await remember(repositories, reply);
          return reply;
        });
      },
    }),
    route({
      method: 'get',
      path,
      permission: 'read',
      tag: 'runs',
      summary: 'What a run has read and made, newest first',
      params: runParam,
      query: z.strictObject(longPageQuery),
      answers: { 200: { description: 'One page', schema: pageSchema(named.runIo) } },
      handle: async (context) => {
        const { lineage } = context.deps.store;
        const { id, projectId } = await runOf(context);
        const page = { projectId, node: lineagePlace.run(id), way: 'both', ...given(context.query) } as const;
        const { items, nextCursor } = await lineage.page(page);
        const others = items.map(({ source, target }) => (source.kind === 'run' ? target : source));
        const facts = await lineage.describe(projectId, others);
        return ok({ items: items.map((edge, index) => ioView(edge, facts[index] ?? null)), nextCursor });
      },
    }),
    route({
      method: 'delete',
      path,
      permission: 'write',
      tag: 'runs',
      summary: 'Remove a declared input or output of a run',
      params: runParam,
      query: ioBody,
      answers: { 204: { description: 'Removed' } },
      handle: async (context) => {
        const { deps, query, principal } = context;
        const link = await linkNamed(context, query, onlyPlaceOf);
        await deps.store.transaction(principal(), (repositories) => removeEdge(repositories, principal(), link));
        return { status: 204 };
      },
    }),
  ];
}
