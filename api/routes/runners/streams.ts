import { logStreams, offsetResponseSchema } from '@artenic/core';
import { z } from 'zod';
import { ok, route, type Route } from '../../http/route.ts';
import { createCoarseEvents } from '../../live/coarse-events.ts';
import { appendMetrics, createLogAppender } from '../../runners/streams.ts';
import { appendSystemWindows } from '../../runners/system-windows.ts';
import { offsetNumber } from '../../schemas.ts';

const common = {
  ...({ method: 'post', permission: 'runner', tag: 'runner', bodyKind: 'bytes' } as const),
  answers: { 200: { description: 'The offset to continue from', schema: offsetResponseSchema } },
};

/** Routes for files that a runner sends by byte offset while they grow. */
export function runnerStreamRoutes(): readonly Route[] {
  const events = createCoarseEvents();
  const appendLog = createLogAppender(events);
  return [
    route({
      ...common,
      path: '/api/v1/runner/logs',
      summary: 'Append log bytes at an offset, exactly once',
      query: z.strictObject({ stream: z.enum(logStreams), offset: offsetNumber }),
      maxBytes: 4_000_000,
      handle: async ({ deps, query, body, runner }) => {
        const { nextOffset, after } = await appendLog(deps, runner(), query, body as Buffer);
        return { ...ok({ nextOffset }), ...(after === undefined ? {} : { after }) };
      },
    }),
    route({
      ...common,
      path: '/api/v1/runner/metrics',
      summary: 'Append metric lines at an offset, exactly once',
      query: z.strictObject({ offset: offsetNumber }),
      maxBytes: 4_000_000,
      handle: async ({ deps, query, body, runner }) =>
        ok({ nextOffset: await appendMetrics(deps, events, runner(), query.offset, body as Buffer) }),
    }),
    route({
      ...common,
      path: '/api/v1/runner/system',
      summary: 'Append windows of system metrics at an offset, exactly once',
      query: z.strictObject({ offset: offsetNumber }),
      maxBytes: 2_000_000,
      handle: async ({ deps, query, body, runner }) =>
        ok({ nextOffset: await appendSystemWindows(deps, runner(), query.offset, body as Buffer) }),
    }),
  ];
}
