import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { optionsByFile } from '../../workers/config.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Table of every option with the comment above its declaration. */
export function configurationDocument(): string {
  const rows = [...optionsByFile].flatMap(([file, names]) => rowsOf(readFileSync(at(file), 'utf8'), names));
  return `# Configuration

Options are environment variables of the API and the worker. \`npm start\` sets all of them; you may set any.
Made from \`workers/config.ts\` and \`activities/providers/NAME/config.ts\` by \`node scripts/generate.ts\`.

| option | default | what it does, and when to change it |
|---|---|---|
${rows.join('\n')}
`;
}

function rowsOf(source: string, names: readonly string[]): readonly string[] {
  return names.map((name) => {
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
}
