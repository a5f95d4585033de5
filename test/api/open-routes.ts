/** Paths that need no key; every other path refuses requests without a key. */
export const openPaths: readonly string[] = [
  '/livez',
  '/readyz',
  '/health',
  '/health/ready',
  '/openapi.json',
  '/api/v1/runner/hello',
  '/api/v1/runner/programs/{sha256}',
  '/api/v1/runner/bootstrap',
  '/api/v1/signed-objects/{path}',
  '/v2',
  '/v2/health/live',
  '/v2/health/ready',
  '/api/v1/csp-reports',
  '/api/v1/session/sign-in',
];
