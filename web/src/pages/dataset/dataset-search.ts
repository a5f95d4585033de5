import { z } from 'zod';

export const datasetTabs = ['files', 'data', 'versions', 'lineage', 'settings'] as const;
export type DatasetTab = (typeof datasetTabs)[number];

/** Fields in the address of a dataset's page. */
export const datasetSearchSchema = z.object({
  tab: z.enum(datasetTabs).optional().catch(undefined),
  /** Version of the listed files; the newest when absent. */
  version: z.int().min(1).optional().catch(undefined),
  folder: z.string().max(1024).optional().catch(undefined),
  /** Beginning of the paths of the listed files. */
  find: z.string().max(63).optional().catch(undefined),
  /** The version whose changes are shown, and the version it is compared with. */
  diff: z.int().min(1).optional().catch(undefined),
  from: z.int().min(1).optional().catch(undefined),
  /** The file whose columns and rows are shown, and which rows in which order. */
  path: z.string().max(1024).optional().catch(undefined),
  sort: z.string().max(1001).optional().catch(undefined),
  filter: z.string().max(3000).optional().catch(undefined),
  q: z.string().max(500).optional().catch(undefined),
  offset: z.int().min(0).optional().catch(undefined),
});
export type DatasetSearch = z.output<typeof datasetSearchSchema>;
