import type { ApiMetrics } from '../../metrics/metrics.ts';
import { route, type Route } from '../../http/route.ts';

const longestLogged = 300;
/** Any client may send reports, and the log must not grow as fast as reports arrive. */
const logIntervalMs = 1000;

/**
 * Browsers report here what the content security policy has blocked: on the platform's own pages, a bug or an attack.
 */
export function cspReportRoutes(metrics: ApiMetrics): readonly Route[] {
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return [
    route({
      method: 'post',
      path: '/api/v1/csp-reports',
      permission: 'open',
      // A broken page sends a report for each of its parts.
      openLimit: { perMinute: 120, counts: 'requests' },
      tag: 'platform',
      summary: 'Reports of browsers about the content security policy',
      bodyKind: 'bytes',
      bodyTypes: ['application/csp-report', 'application/reports+json', 'application/json'],
      maxBytes: 16_000,
      answers: { 204: { description: 'Noted' } },
      handle: ({ deps, body }) => {
        metrics.countCspReport();
        const nowMs = performance.now();
        if (nowMs - loggedAtMs < logIntervalMs) leftOut++;
        else {
          // Escaped in JSON, a control character takes six characters.
          const report = Buffer.from(body as Uint8Array)
            .toString('utf8')
            .slice(0, longestLogged)
            .replaceAll(/\p{Cc}/gu, ' ');
          deps.logger.warn({ report, leftOut }, 'the content security policy was broken');
          [loggedAtMs, leftOut] = [nowMs, 0];
        }
        return Promise.resolve({ status: 204 });
      },
    }),
  ];
}
