import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jobFileSchema } from '@artenic/core';
import { z } from 'zod';
import { openApiText } from '../api/routes/index.ts';
import { configNames } from '../workers/config.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** JSON Schema of `artenic.yaml`, for editors. */
export function jobSchemaDocument(): string {
  const schema = z.toJSONSchema(jobFileSchema, { target: 'draft-2020-12', io: 'input' });
  return `${JSON.stringify({ title: 'Artenic job file', ...schema }, null, 2)}\n`;
}

/** The HTTP API as its routes describe it. */
export function openApiDocument(): string {
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string };
  return openApiText(version);
}

/** Every option of `workers/config.ts` with the comment that stands above it. */
export function configurationDocument(): string {
  const source = readFileSync(at('workers/config.ts'), 'utf8');
  const rows = configNames.map((name) => {
    const before = source.slice(0, source.indexOf(`  ${name}:`)).trimEnd();
    const comment = before.endsWith('*/')
      ? before
          .slice(before.lastIndexOf('/**') + 3, -2)
          .replaceAll(/\s*\n\s*\*\s*/g, ' ')
          .trim()
      : '';
    const definition = source.slice(source.indexOf(`  ${name}:`)).split('\n  /**')[0] ?? '';
    const fallback = /\.default\((?:'([^']*)'|([\d_]+))\)/.exec(definition);
    const value = fallback?.[1] ?? fallback?.[2]?.replaceAll('_', '') ?? '';
    const shown = value === '' ? '' : `\`${value}\``;
    return `| \`${name}\` | ${shown} | ${comment} |`;
  });
  return `# Configuration

Options are environment variables of the API and the worker. \`npm start\` sets all of them; you may set any.
Made from \`workers/config.ts\` by \`node scripts/generate.ts\`.

| option | default | what it does, and when to change it |
|---|---|---|
${rows.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(at('docs/job.schema.json'), jobSchemaDocument());
  writeFileSync(at('docs/configuration.md'), configurationDocument());
  writeFileSync(at('api/openapi.json'), openApiDocument());
}
