import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { createPlatformMetrics, type PlatformMetrics } from './platform.ts';

export type ApiMetrics = {
  readonly observe: (method: string, route: string, status: number, durationMs: number) => void;
  readonly countCspReport: () => void;
  readonly text: (store: Parameters<PlatformMetrics['refresh']>[0]) => Promise<string>;
  readonly contentType: string;
};

export function createMetrics(): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'artenic_' });
  const durations = new Histogram({
    name: 'artenic_http_request_duration_seconds',
    help: 'Time from request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const cspReports = new Counter({
    name: 'artenic_csp_reports_total',
    help: 'Reports of browsers that the content security policy was broken',
    registers: [registry],
  });
  const platform = createPlatformMetrics(registry);
  return {
    countCspReport: () => cspReports.inc(),
    observe: (method, route, status, durationMs) =>
      durations.observe({ method, route, status: String(status) }, durationMs / 1000),
    text: async (store) => {
      await platform.refresh(store);
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
