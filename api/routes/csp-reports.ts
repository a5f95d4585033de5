import type { ApiMetrics } from '../metrics.ts';
import { route, type Route } from '../route.ts';

const longestLogged = 4000;

/** Browsers say here what the content security policy kept from happening: in ours, a bug or an attack. */
export function cspReportRoutes(metrics: ApiMetrics): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/csp-reports',
      permission: 'open',
      tag: 'platform',
      summary: 'Reports of browsers about the content security policy',
      bodyKind: 'bytes',
      bodyTypes: ['application/csp-report', 'application/reports+json', 'application/json'],
      maxBytes: 64_000,
      answers: { 204: { description: 'Noted' } },
      handle: ({ deps, body }) => {
        metrics.countCspReport();
        const report = Buffer.from(body as Uint8Array).toString('utf8');
        deps.logger.warn({ report: report.slice(0, longestLogged) }, 'the content security policy was broken');
        return Promise.resolve({ status: 204 });
      },
    }),
  ];
}
