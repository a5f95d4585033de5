import { jsonOrNull } from '@artenic/core';
import { z } from 'zod';
import { readStored, store } from './stored.ts';

const storageKey = 'artenic.recent';
const most = 8;

const visitSchema = z.object({
  kind: z.enum(['job', 'dataset', 'model']),
  id: z.string().max(255),
  title: z.string().max(255),
  subtitle: z.string().max(255),
});
/** A job, dataset or model whose page was opened in this browser. */
export type Visit = z.output<typeof visitSchema>;

/** Newest first. */
export function recentVisits(): readonly Visit[] {
  const parsed = z
    .array(visitSchema)
    .max(most)
    .safeParse(jsonOrNull(readStored(storageKey) ?? ''));
  return parsed.success ? parsed.data : [];
}

export function rememberVisit(visit: Visit): void {
  const others = recentVisits().filter(({ kind, id }) => kind !== visit.kind || id !== visit.id);
  store(storageKey, JSON.stringify([visit, ...others].slice(0, most)));
}

/** The next user of this browser does not see what this one has opened. */
export function forgetVisits(): void {
  store(storageKey, null);
}
