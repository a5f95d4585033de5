import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

/** For pages: only our own scripts and styles, none of them in the page. */
const ofPages: RequestHandler = helmet({
  contentSecurityPolicy: {
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
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

/** For data, after OWASP's REST Security Cheat Sheet: its type is not guessed, it runs nothing, stands in no frame or other site. */
const ofData = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
] as const;

/** What browsers are told about an answer. Data gets the few that concern it: predictions are asked for thousands of times a second. */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  if (!/^\/(?:api|v2)\//.test(request.path)) {
    ofPages(request, response, next);
    return;
  }
  for (const [name, value] of ofData) response.setHeader(name, value);
  next();
}
