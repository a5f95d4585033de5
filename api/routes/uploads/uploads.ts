import { uploadViewSchema, type UploadView } from '@artenic/core';
import { z } from 'zod';
import type { UploadRecord } from '../../../store/types.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { answerTus, uploadsPath } from '../../uploads/tus.ts';

const params = z.strictObject({ upload: z.string().min(1).max(128) });
const onePath = `${uploadsPath}/{upload}`;
const viewSchema = uploadViewSchema.meta({ id: 'Upload' });

function uploadView(upload: UploadRecord): UploadView {
  const { id, path, bytes, received, sha256, state, createdBy } = upload;
  return {
    ...{ id, path, bytes, received, sha256, state: state === 'stored' ? 'stored' : 'open', createdBy },
    createdAt: upload.createdAt.toISOString(),
    updatedAt: upload.updatedAt.toISOString(),
  };
}

/** Uploads that are resumed by the tus protocol: `POST` starts one, `HEAD` shows how much has arrived, `PATCH` continues. */
export function uploadRoutes(): readonly Route[] {
  const common = { permission: 'write', tag: 'uploads' } as const;
  return [
    route({
      ...common,
      method: 'post',
      path: uploadsPath,
      summary: 'Start a resumable upload (tus 1.0.0)',
      bodyKind: 'stream',
      bodyTypes: ['application/offset+octet-stream'],
      answers: { 201: { description: 'Started; `Location` is the upload' } },
      handle: ({ deps, principal, request }) => answerTus(deps, principal(), request),
    }),
    // Express would answer HEAD by GET.
    route({
      ...common,
      method: 'head',
      path: onePath,
      permission: 'read',
      summary: 'How much of an upload has arrived (tus 1.0.0)',
      params,
      answers: { 200: { description: '`Upload-Offset` and `Upload-Length`' } },
      handle: ({ deps, params: { upload }, principal, request }) => answerTus(deps, principal(), request, upload),
    }),
    route({
      ...common,
      method: 'get',
      path: onePath,
      permission: 'read',
      summary: 'One upload, with the hash of its content once all of it has arrived',
      params,
      answers: { 200: { description: 'The upload', schema: viewSchema } },
      handle: async ({ deps, params: { upload }, principal }) =>
        ok(uploadView(await deps.store.uploads.get(principal().projectId, upload))),
    }),
    route({
      ...common,
      method: 'patch',
      path: onePath,
      summary: 'Send more of an upload (tus 1.0.0)',
      params,
      bodyKind: 'stream',
      bodyTypes: ['application/offset+octet-stream'],
      answers: { 204: { description: 'Kept up to `Upload-Offset`; the content is stored when that is its length' } },
      handle: ({ deps, params: { upload }, principal, request }) => answerTus(deps, principal(), request, upload),
    }),
    route({
      ...common,
      method: 'delete',
      path: onePath,
      summary: 'Give an upload up (tus 1.0.0)',
      params,
      answers: { 204: { description: 'It takes no more bytes; what has arrived is removed' } },
      handle: ({ deps, params: { upload }, principal, request }) => answerTus(deps, principal(), request, upload),
    }),
  ];
}
