import { z } from 'zod';
import { relativePathSchema } from './relative-path.ts';

/** Name or id of a dataset; behind `@` the number of a version, a tag or `latest`. */
const sourcePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:@(?:[1-9]\d{0,8}|[a-z][a-z0-9._-]{0,62}))?$/;

/** Patterns for paths that one entry may have. */
export const mostDataPaths = 100;

const pathPatternSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (pattern) => !pattern.startsWith('/') && pattern.split('/').every((name) => !['', '.', '..'].includes(name)),
    'a pattern relative to the dataset, such as `train/**`',
  );

/** An entry of a job's `data` that takes the files of a dataset's version. */
export const datasetSourceSchema = z.strictObject({
  dataset: z
    .string()
    .regex(sourcePattern, 'a dataset and a version, such as `reviews@latest`, `reviews@3` or `reviews@a-tag`')
    .describe('A version of a dataset, such as `reviews@3`, `reviews@a-tag` or `reviews@latest`; fixed at submit.'),
  name: relativePathSchema.optional().describe("Folder under ARTENIC_DATA_DIR; the dataset's name when absent."),
  paths: z
    .array(pathPatternSchema)
    .min(1)
    .max(mostDataPaths)
    .optional()
    .describe('Only these files, such as `train/**`; `*` is any part of a name, `**` any number of folders.'),
  root: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the hash of a version as 64 lower-case hexadecimal digits')
    .optional()
    .describe('Hash of the version; a version with another hash is refused. Noted at submit.'),
  allowPurged: z
    .boolean()
    .optional()
    .describe('Run without the files whose content was purged; ARTENIC_PURGED_FILE lists them.'),
});
export type DatasetSource = z.output<typeof datasetSourceSchema>;

/** Name or id of the dataset, and the reference to its version. */
export function partsOfSource({ dataset }: Pick<DatasetSource, 'dataset'>): {
  readonly dataset: string;
  readonly version: string;
} {
  const [name = '', version = 'latest'] = dataset.split('@');
  return { dataset: name, version };
}

/** Folder of the dataset's files under ARTENIC_DATA_DIR. */
export function folderOfSource(source: Pick<DatasetSource, 'dataset' | 'name'>): string {
  return source.name ?? partsOfSource(source).dataset;
}
