import { z } from 'zod';

const documentSchema = z.object({
  tags: z.array(z.object({ name: z.string(), description: z.string().default('') })),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        summary: z.string(),
        tags: z.array(z.string()),
        security: z.array(z.record(z.string(), z.unknown())).default([]),
        deprecated: z.boolean().default(false),
      }),
    ),
  ),
});

/** Words for each kind of access. A session is omitted: it can replace an API key everywhere. */
const accessWords: Readonly<Record<string, string>> = {
  apiKey: 'API key',
  attemptToken: 'attempt token',
  webhook: 'signature',
};

/** Every operation of an OpenAPI document, by tag. */
export function apiReference(openApiText: string): string {
  const { tags, paths } = documentSchema.parse(JSON.parse(openApiText));
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const rows = operations
      .filter((operation) => operation.tags.includes(name))
      .map(({ method, path, summary, security }) => {
        const words = security.flatMap((one) => Object.keys(one)).flatMap((one) => accessWords[one] ?? []);
        const access = words.length === 0 ? 'open' : words.join(' or ');
        return `| \`${method} ${path}\` | ${summary} | ${access} |`;
      });
    return `## ${name}\n\n${description}.\n\n| operation | | access |\n|---|---|---|\n${rows.join('\n')}`;
  });
  return `# HTTP API

All operations. Bodies, answers and refusals of each are in [the OpenAPI 3.1 document](../../api/openapi.json), which a
running API serves at \`/openapi.json\` and shows at \`/docs\`. Made from the route table by \`node scripts/generate.ts\`.

- Send \`Authorization: Bearer aa_live_…\`. \`npm start\` leaves an admin's key in \`.artenic/admin.key\`.
- Every POST that creates or changes takes an \`Idempotency-Key\`: the same key and body give the same answer for 48
  hours and have one effect; another body with that key is refused with 422.
- Errors are RFC 9457 problem documents. \`correlationId\` is in the logs, too; \`errors\` names fields (and lines).
- Lists are pages: send \`nextCursor\` back as \`cursor\`.
- What was refused for a while (429, 503) says in \`Retry-After\` when to come again, where that is known.

${sections.join('\n\n')}
`;
}
