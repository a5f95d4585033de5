/** Asked every second or more often, by probes or by each runner: a line or a span for each would bury all others. */
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
