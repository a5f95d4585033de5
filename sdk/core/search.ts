import { z } from 'zod';

/** Kinds of objects that a search finds. */
export const searchKinds = ['job', 'model', 'version', 'dataset', 'service', 'provider'] as const;

export const searchItemSchema = z.object({
  kind: z.enum(searchKinds),
  /** Id of the job, name of the model, dataset, service or provider, or `<model>/<version>`. */
  id: z.string(),
  title: z.string(),
  /** Words that tell it from others with the same title. */
  subtitle: z.string(),
  /** State of the job, stage of the version, status of the dataset, `usable` or `unusable`; null for what has no state. */
  state: z.string().nullable(),
});
export type SearchItem = z.output<typeof searchItemSchema>;

/** Best first. */
export const searchViewSchema = z.object({ items: z.array(searchItemSchema) });
export type SearchView = z.output<typeof searchViewSchema>;
