import { dataPageAnswerSchema, dataPageRequestSchema } from '@artenic/core';
import { ArtenicError } from '../../../core/errors.ts';
import { datasetFileView } from '../../datasets/views.ts';
import { ok, route, type Route } from '../../http/route.ts';
import { mustBeOpen } from '../../middleware/runner-access.ts';

/** About 250 kB of an answer. */
const filesAtOnce = 2000;

/** The files of a job's dataset versions, page by page: no list of all files is in memory, on either side. */
export function runnerDataRoutes(): readonly Route[] {
  return [
    route({
      ...({ method: 'post', permission: 'runner', tag: 'runner' } as const),
      path: '/api/v1/runner/data',
      summary: "Files of a dataset version that is part of the job's data",
      body: dataPageRequestSchema,
      answers: { 200: { description: 'One page', schema: dataPageAnswerSchema } },
      handle: async ({ deps, body: { position, after }, runner }) => {
        const caller = runner();
        mustBeOpen(caller);
        const { datasets } = deps.store;
        const held = (await datasets.ofJob(caller.job.id)).find(
          (one) => one.role === 'input' && one.position === position,
        );
        if (held === undefined)
          throw new ArtenicError('not-found', `The entry ${position + 1} of the job's data is not a dataset.`);
        const { paths, files: number, bytes } = held;
        const selection = paths?.map((pattern) => pattern.normalize('NFC')) ?? null;
        const { files, next } = await datasets.selected(held, { selection, after, limit: filesAtOnce });
        return ok({ files: files.map(datasetFileView), next, total: { files: number, bytes } });
      },
    }),
  ];
}
