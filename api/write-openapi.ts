import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { openApiText } from './routes/index.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));
writeFileSync(new URL('openapi.json', import.meta.url), openApiText(version));
