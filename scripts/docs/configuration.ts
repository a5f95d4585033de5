import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configNames } from '../../workers/config.ts';

const configFile = fileURLToPath(new URL('../../workers/config.ts', import.meta.url));

/** Every option of `workers/config.ts` with the comment that stands above it. */
export function configurationDocument(): string {
  const source = readFileSync(configFile, 'utf8');
  const rows = configNames.map((name) => {
    const before = source.slice(0, source.indexOf(`  ${name}:`)).trimEnd();
    const comment = before.endsWith('*/')
      ? before
          .slice(before.lastIndexOf('/**') + 3, -2)
          .split('\n')
          .map((line) => line.trim().replace(/^\*\s*/, ''))
          .join(' ')
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
