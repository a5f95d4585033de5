import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiText } from '../api/routes/index.ts';
import { apiReference } from './docs/api.ts';
import { cliDocument } from './docs/cli.ts';
import { configurationDocument } from './docs/configuration.ts';
import { jobFileDocument, jobSchemaDocument } from './docs/job-file.ts';
import { retentionDocument } from './docs/retention.ts';
import { reliabilityDocument } from './docs/reliability.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** OpenAPI document of the HTTP API, from its routes. */
export function openApiDocument(): string {
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string };
  return openApiText(version);
}

/** All documents generated from code, by path. */
export const generated: Readonly<Record<string, () => string>> = {
  'api/openapi.json': openApiDocument,
  'docs/job.schema.json': jobSchemaDocument,
  'docs/reference/job-file.md': jobFileDocument,
  'docs/reference/configuration.md': configurationDocument,
  'docs/reference/cli.md': cliDocument,
  'docs/reference/api.md': () => apiReference(openApiDocument()),
  'docs/reference/retention.md': retentionDocument,
  'RELIABILITY.md': reliabilityDocument,
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, document] of Object.entries(generated)) writeFileSync(at(path), document());
