import { z } from 'zod';

const timestamp = z.iso.datetime();

/** Most saved views of one user. */
export const mostViews = 100;

/** A list of the dashboard or the CLI as its user wants it: filters, order and columns under a name. */
export const savedViewInputSchema = z.strictObject({
  page: z
    .string()
    .regex(/^[a-z][a-z-]{0,31}$/)
    .meta({ description: 'The list that it belongs to, for example `jobs`.' }),
  name: z
    .string()
    .max(80)
    .regex(/^\S(?:.{0,78}\S)?$/, 'one line, at most 80 characters, without spaces around it')
    .meta({ description: 'One line; each view of a page has another name.' }),
  query: z.string().max(2000).meta({ description: 'Filters and order as the query of an address.' }),
  columns: z.array(z.string().min(1).max(64)).max(32).default([]).meta({ description: 'Columns in their order.' }),
});
export type SavedViewInput = z.input<typeof savedViewInputSchema>;

export const savedViewSchema = z.object({
  id: z.string(),
  ...savedViewInputSchema.shape,
  columns: z.array(z.string()),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type SavedView = z.output<typeof savedViewSchema>;
