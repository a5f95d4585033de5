import type { PredictRequest } from '@artenic/core';

export const snippetKinds = ['curl', 'sdk', 'cli'] as const;
export type SnippetKind = (typeof snippetKinds)[number];

export type SnippetRequest = {
  /** Origin only, without a path. */
  readonly apiUrl: string;
  readonly model: string;
  /** Null for the version in production. */
  readonly version: number | null;
  readonly inputs: PredictRequest['inputs'];
};

/** Quotes any text as a single word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Escapes `</`, so that a snippet pasted into a page cannot end its script element. */
function script(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll('</', String.raw`<\/`)
    .replaceAll('\u2028', String.raw`\u2028`);
}

function compactLists(json: string): string {
  return json.replace(/\[([^[\]{}"]*)\]/g, (_, items: string) => `[${items.trim().replace(/\s+/g, ' ')}]`);
}

/** The request as a command or program. The key is never included: all three snippets read ARTENIC_API_KEY. */
export function snippetOf(kind: SnippetKind, { apiUrl, model, version, inputs }: SnippetRequest): string {
  const body = version === null ? { inputs } : { inputs, version };
  switch (kind) {
    case 'curl':
      return [
        `curl ${shellWord(`${apiUrl}/api/v1/models/${encodeURIComponent(model)}/predict`)} \\`,
        '  -H "Authorization: Bearer $ARTENIC_API_KEY" \\',
        "  -H 'Content-Type: application/json' \\",
        `  -d ${shellWord(JSON.stringify(body))}`,
      ].join('\n');
    case 'sdk': {
      const third = version === null ? '' : `, { version: ${version} }`;
      return [
        "import { createClient } from '@artenic/client';",
        '',
        'const client = createClient({',
        `  url: ${JSON.stringify(apiUrl)},`,
        "  apiKey: process.env.ARTENIC_API_KEY ?? '',",
        '});',
        `const inputs = ${compactLists(script(inputs))};`,
        `const prediction = await client.predict(${JSON.stringify(model)}, inputs${third});`,
        'console.log(prediction.label, prediction.outputs);',
      ].join('\n');
    }
    case 'cli':
      return [
        `artenic --url ${shellWord(apiUrl)} predict ${shellWord(model)} \\`,
        ...(version === null ? [] : [`  --version ${version} \\`]),
        `  --json-input ${shellWord(JSON.stringify(inputs))}`,
      ].join('\n');
  }
}
