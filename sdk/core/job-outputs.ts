import { z } from 'zod';
import { datasetNameSchema } from './datasets.ts';
import { metricDirections } from './metric-choice.ts';
import { mostEntries } from './most-entries.ts';
import { relativePathSchema } from './relative-path.ts';

const datasetOutputSchema = z.strictObject({
  dataset: datasetNameSchema.describe('The dataset; made when there is none.'),
  path: relativePathSchema
    .optional()
    .describe("Folder under ARTENIC_OUTPUT_DIR with all files of the version; the dataset's name when absent."),
  message: z.string().max(2000).optional().describe('Kept with the version.'),
});

function haveDifferentNames(outputs: readonly { readonly dataset: string }[]): boolean {
  return new Set(outputs.map(({ dataset }) => dataset)).size === outputs.length;
}

/** Declared outputs of a job: model, metrics and datasets. */
export const jobOutputsSchema = z.strictObject({
  model: z
    .strictObject({
      path: relativePathSchema.default('model.onnx').describe('Path under ARTENIC_OUTPUT_DIR.'),
      format: z.enum(['onnx']).default('onnx').describe('Format of the file.'),
    })
    .optional()
    .describe('Declared: the job fails without it. Absent: a `model.onnx` that is there is registered.'),
  metrics: z
    .array(z.string().min(1).max(128))
    .max(64)
    .default([])
    .describe('Names of metrics to keep with the model version; all when empty.'),
  directions: mostEntries(z.record(z.string().min(1).max(128), z.enum(metricDirections)), 64)
    .optional()
    .describe('Which values of a metric are better, `min` or `max`, where its name does not show it.'),
  datasets: z
    .array(datasetOutputSchema)
    .max(16)
    .refine(haveDifferentNames, 'two entries name the same dataset')
    .optional()
    .describe('Folders that become versions of datasets when the job succeeds.'),
});
