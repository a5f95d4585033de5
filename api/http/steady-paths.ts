/**
 * Paths that probes and runners request every second. They get no access log line and no span, because those would hide
 * all others.
 */
export const steadyPaths: ReadonlySet<string> = new Set([
  '/livez',
  '/readyz',
  '/health',
  '/health/ready',
  '/metrics',
  '/v2/health/live',
  '/v2/health/ready',
  '/api/v1/runner/heartbeat',
  '/api/v1/runner/logs',
  '/api/v1/runner/metrics',
]);
