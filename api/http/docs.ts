import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Express } from 'express';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API – Artenic</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, persistAuthorization: false });\n`;
/**
 * The files of swagger-ui-dist that the page needs. The package also holds a demo page for another API, which is not
 * served.
 */
const assets = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** Serves the documentation page from local files: the page loads nothing from other hosts and has no inline script. */
export function serveDocs(app: Express): void {
  const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  // Swagger UI writes style attributes, so inline styles are allowed under /docs only.
  app.use('/docs', (_request, response, next) => {
    const policy = String(response.getHeader('content-security-policy') ?? '');
    response.setHeader(
      'content-security-policy',
      policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
    );
    next();
  });
  app.get('/docs', (_request, response) => response.type('html').send(page));
  app.get('/docs/start.js', (_request, response) => response.type('js').send(start));
  for (const name of assets)
    app.get(`/docs/assets/${name}`, (_request, response) => response.sendFile(name, { root, maxAge: '1h' }));
}
