import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { jobFileSchema } from '@artenic/core';
import { parse } from 'yaml';
import { configurationDocument } from '../../scripts/docs/configuration.ts';
import { jobFileDocument, jobSchemaDocument } from '../../scripts/docs/job-file.ts';
import { generated } from '../../scripts/generate.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => readFileSync(at(path), 'utf8');

test.each(Object.keys(generated))('%s is what `node scripts/generate.ts` writes', (path) => {
  expect(read(path)).toBe(generated[path]?.());
});

test('every field of the job file says what it does', () => {
  const rows = jobFileDocument()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) expect(row).toMatch(/\. \|$/);
});

test('every option says what it does', () => {
  const rows = configurationDocument()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) expect(row.split('|')[3]?.trim()).toMatch(/\.$/);
});

test('every example fits the published schema and the parser', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(jobSchemaDocument()) as object);
  const examples = readdirSync(at('examples')).filter((name) => existsSync(at(`examples/${name}/artenic.yaml`)));
  expect(examples.length).toBeGreaterThanOrEqual(3);
  for (const name of examples) {
    const file = parse(read(`examples/${name}/artenic.yaml`)) as unknown;
    validate(file);
    expect(validate.errors ?? []).toEqual([]);
    expect(jobFileSchema.safeParse(file).success).toBe(true);
  }
  expect(validate({ service: 'x', command: 'true', surprise: 1 })).toBe(false);
});
