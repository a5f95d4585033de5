import { draftChangesSchema, draftCommitSchema, newDraftSchema, type DatasetDraftView } from '@artenic/core';
import type { z } from 'zod';
import { changeDraft, commitDraft } from '../../../app/datasets/drafts.ts';
import type { DatasetDraftRecord } from '../../../store/types.ts';
import { datasetVersionView } from '../../datasets/views.ts';
import { ok, route, type Context, type Reply, type Route } from '../../http/route.ts';
import { datasetParam, named } from '../../schemas.ts';
import { mustAllBeAllowed } from '../../uploads/rules.ts';
import { datasetOf } from './datasets.ts';
import { commitBytes } from './versions.ts';

const draftParam = datasetParam.extend({ draft: named.datasetDraft.shape.id });
type DraftContext<Body> = Context<z.output<typeof draftParam>, unknown, Body>;

function draftView({ state, ...draft }: DatasetDraftRecord): DatasetDraftView {
  const { id, baseVersion, files, bytes, added, changed, removed, version, createdBy } = draft;
  return {
    ...{ id, baseVersion, files, bytes, added, changed, removed, version, createdBy },
    state: state === 'committed' ? 'committed' : 'open',
    createdAt: draft.createdAt.toISOString(),
    updatedAt: draft.updatedAt.toISOString(),
  };
}

async function open(
  context: Context<z.output<typeof datasetParam>, unknown, z.output<typeof newDraftSchema>>,
): Promise<Reply> {
  const { deps, body, params, principal, remember } = context;
  const { id: datasetId } = await datasetOf(context);
  const draft = deps.newId();
  const { expectedVersion: expectedHead = null } = body;
  return deps.store.transaction(principal(), async ({ datasets, ...repositories }) => {
    const common = { datasetId, draft, expectedHead, createdBy: principal().name, at: deps.now() };
    const reply: Reply = {
      status: 201,
      body: draftView(await datasets.openDraft(common)),
      headers: { location: `/api/v1/datasets/${params.dataset}/drafts/${draft}` },
    };
    await remember({ datasets, ...repositories }, reply);
    return reply;
  });
}

function commit({
  deps,
  body,
  params,
  principal,
  remember,
}: DraftContext<z.output<typeof draftCommitSchema>>): Promise<Reply> {
  const input = { principal: principal(), ...params, message: body.message };
  return commitDraft(deps, input, async (repositories, version) => {
    const tags = await repositories.datasets.tags(version.datasetId);
    const location = `/api/v1/datasets/${params.dataset}/versions/${version.version}`;
    const reply: Reply = { status: 201, body: datasetVersionView(version, tags), headers: { location } };
    await remember(repositories, reply);
    return reply;
  });
}

const path = '/api/v1/datasets/{dataset}/drafts';
const answers = { 200: { description: 'The draft', schema: named.datasetDraft } } as const;

/** Drafts: changes of several requests that become one version. */
export function datasetDraftRoutes(): readonly Route[] {
  const common = { permission: 'write', tag: 'datasets' } as const;
  return [
    route({
      ...common,
      method: 'post',
      path,
      summary: 'Start a draft: a version whose changes come in several requests',
      params: datasetParam,
      body: newDraftSchema,
      idempotent: true,
      answers: { 201: { description: 'The draft, with the files of the newest version', schema: named.datasetDraft } },
      handle: open,
    }),
    route({
      ...common,
      method: 'get',
      path: `${path}/{draft}`,
      permission: 'read',
      summary: 'One draft',
      params: draftParam,
      answers,
      handle: async (context) => {
        const { id } = await datasetOf(context);
        return ok(draftView(await context.deps.store.datasets.draft(id, context.params.draft)));
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${path}/{draft}/changes`,
      summary: 'Add changes to a draft; the same changes again change nothing',
      params: draftParam,
      body: draftChangesSchema,
      maxBytes: commitBytes,
      answers,
      handle: async ({ deps, body, params, principal }) => {
        mustAllBeAllowed(deps.uploads, body.put);
        return ok(draftView(await changeDraft(deps, { principal: principal(), ...params }, body)));
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${path}/{draft}/commit`,
      summary: 'Make a draft the next version',
      params: draftParam,
      body: draftCommitSchema,
      idempotent: true,
      answers: { 201: { description: 'The newest version', schema: named.datasetVersion } },
      handle: commit,
    }),
    route({
      ...common,
      method: 'delete',
      path: `${path}/{draft}`,
      summary: 'Delete a draft',
      params: draftParam,
      answers: { 204: { description: 'Deleted; contents that nothing else needs follow later' } },
      handle: async (context) => {
        const { deps, params, principal } = context;
        const { id: datasetId } = await datasetOf(context);
        await deps.store.as(principal()).datasets.endDraft({ datasetId, draft: params.draft, at: deps.now() });
        return { status: 204 };
      },
    }),
  ];
}
