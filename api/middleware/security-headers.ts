import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

/** Headers for pages: they may use the platform's own scripts and styles only, none of them inline. */
const ofPages: RequestHandler = helmet({
  contentSecurityPolicy: {
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      workerSrc: ["'self'"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      manifestSrc: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      styleSrc: ["'self'"],
      upgradeInsecureRequests: null,
      reportUri: ['/api/v1/csp-reports'],
    },
  },
  strictTransportSecurity: false,
});

/**
 * Headers for data, after OWASP's REST Security Cheat Sheet: browsers do not guess its type, run it, frame it, or load
 * it into another site.
 */
const ofData = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
] as const;

/**
 * Sets the security headers. Data gets only the few that concern it, because predictions are requested thousands of
 * times a second.
 */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  if (!/^\/(?:api|v2)\//.test(request.path)) {
    ofPages(request, response, next);
    return;
  }
  for (const [name, value] of ofData) response.setHeader(name, value);
  next();
}
