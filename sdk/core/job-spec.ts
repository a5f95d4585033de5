import { datasetSourceSchema, folderOfSource, type DatasetSource } from './dataset-source.ts';
import { jobOutputsSchema } from './job-outputs.ts';
import { jsonValueSchema } from './json-value.ts';
import { relativePathSchema } from './relative-path.ts';
import { mostEntries } from './most-entries.ts';
import { z } from 'zod';

const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'lower-case letters, digits, ".", "_" and "-", at most 63, starting with a letter or digit',
  );
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 as 64 lower-case hexadecimal digits');
const envNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'letters, digits and "_", at most 64, not starting with a digit');
const secretNameSchema = z.string().regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'upper-case letters, digits and "_"');

/** One line of text. Names need not differ. */
export const jobNameSchema = z
  .string()
  .max(120)
  .regex(/^\S(?:.{0,118}\S)?$/, 'one line, at most 120 characters, without spaces around it');

const commandSchema = z
  .union([
    z.string().min(1).max(32_768),
    z
      .array(
        z.string({ error: ({ input }) => `give text, not ${JSON.stringify(input)}: write it in quotes` }).max(32_768),
      )
      .min(1)
      .max(256),
  ])
  .describe('A string is run by `sh -c`, a list is run as it is.');

export const resourcesSchema = z.strictObject({
  vcpu: z.number().int().min(1).max(1024).default(1).describe('Cores reserved for the job.'),
  memoryGib: z.number().min(0.125).max(65_536).optional().describe('Memory reserved for the job, in GiB.'),
  diskGib: z.number().min(1).max(65_536).optional().describe('Scratch disk, in GiB. Not supported yet.'),
  accelerators: z
    .strictObject({
      type: z.string().min(1).max(64).optional().describe('For example `A100-80GB`; any when absent.'),
      count: z.number().int().min(1).max(64).default(1).describe('How many on each node.'),
    })
    .optional()
    .describe('GPUs or other accelerators; none when absent.'),
  nodes: z.number().int().min(1).max(1024).default(1).describe('Machines. More than one is not supported yet.'),
  processes: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe("Copies of the command on each node, with torchrun's variables."),
});

/** Aliases of provider names; jobs store the canonical name. */
const providerAliases = new Map([['mock', 'simulated']]);
export const providerNameSchema = nameSchema.overwrite((name) => providerAliases.get(name) ?? name);

export const placementSchema = z.strictObject({
  providers: z
    .array(providerNameSchema)
    .min(1)
    .max(32)
    .default(['local'])
    .describe(
      'Where the job may run: on the cheapest of them that can start it now, at equal prices the first. Name one alone to wait in its queue.',
    ),
  regions: z.array(z.string().min(1).max(64)).max(64).default([]).describe('Regions it may run in; any when empty.'),
  instanceTypes: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(64)
    .optional()
    .describe('Instance types it may run on, as `artenic offers` names them; any that is large enough when absent.'),
  mode: z
    .enum(['spot', 'on-demand', 'spot-with-fallback'])
    .default('on-demand')
    .describe(
      'Spot machines are cheaper and may be reclaimed; `spot-with-fallback` continues on demand when no spot machine is available.',
    ),
  maxHourlyUsd: z.number().positive().max(100_000).optional().describe('Price cap of one instance, in USD per hour.'),
});

export const environmentSchema = z.strictObject({
  python: z
    .strictObject({
      version: z
        .string()
        .regex(/^3\.\d{1,2}$/, 'a version such as "3.11", in quotes')
        .optional()
        .describe("For example `3.11`; the machine's own when absent."),
      requirements: relativePathSchema.optional().describe('Requirements or lock file inside the package.'),
    })
    .optional()
    .describe('A virtual environment of its own, prepared once and reused while its inputs are the same.'),
  image: z
    .string()
    .max(512)
    .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, 'an image by digest: name@sha256:…')
    .optional()
    .describe('Container image by digest: `name@sha256:…`. Not supported yet.'),
});

/** A file under `name`, or a dataset's files in the folder `name`. */
type DataEntry = { readonly name: string } | DatasetSource;

const nameOf = (entry: DataEntry): string => ('dataset' in entry ? folderOfSource(entry) : entry.name);

/**
 * The last of two entries with the same name would win, and a name below another entry's name needs a folder where a
 * file is. The folder of a dataset has the dataset's files only.
 */
function checkDataNames(items: readonly DataEntry[], tell: (index: number, message: string) => void): void {
  const indexes = new Map<string, number>();
  const normal = items.map((item) =>
    nameOf(item)
      .split('/')
      .filter((part) => part !== '' && part !== '.'),
  );
  for (const [index, parts] of normal.entries()) {
    const earlier = indexes.get(parts.join('/'));
    if (earlier === undefined) indexes.set(parts.join('/'), index);
    else tell(index, `the entry ${earlier + 1} of data also has this name`);
  }
  for (const [index, parts] of normal.entries())
    for (let length = 1; length < parts.length; length++) {
      const above = indexes.get(parts.slice(0, length).join('/'));
      const other = above === undefined ? undefined : items[above];
      if (above === undefined || other === undefined) continue;
      const what = 'dataset' in other ? 'dataset in that folder' : 'file where this name needs a folder';
      tell(index, `the entry ${above + 1} of data is a ${what}`);
    }
}

function dataOf<T extends z.ZodType<DataEntry>>(item: T) {
  return z
    .array(item)
    .max(1024)
    .superRefine((items, context) =>
      checkDataNames(items, (index, message) => context.addIssue({ code: 'custom', path: [index, 'name'], message })),
    )
    .default([]);
}

const dataFileSchema = z.strictObject({
  name: relativePathSchema.describe('Path under ARTENIC_DATA_DIR.'),
  sha256: sha256Schema.describe('Content id of the uploaded object.'),
});
/** The forms have names in the API's document, as generators of clients need them. */
const dataItemSchema = z.union([
  dataFileSchema.meta({ id: 'JobDataFile' }),
  datasetSourceSchema.meta({ id: 'JobDataset' }),
]);
export type DataFile = z.output<typeof dataFileSchema>;
export type DataItem = z.output<typeof dataItemSchema>;

/** The files of a job's data that it names by their content. */
export function filesOfData<Item extends DataEntry>(data: readonly Item[]): Exclude<Item, DatasetSource>[] {
  return data.filter((item): item is Exclude<Item, DatasetSource> => !('dataset' in item));
}

/** The dataset versions of a job's data. */
export function datasetsOfData(data: readonly DataEntry[]): readonly DatasetSource[] {
  return data.flatMap((item) => ('dataset' in item ? [item] : []));
}

const jobFields = {
  service: nameSchema.describe('The service the model belongs to.'),
  name: jobNameSchema
    .optional()
    .describe(
      "A name of your own for the job. When absent: what differs from the service's last job, for example `seed=9 epochs=150`, else the service and a number.",
    ),
  model: nameSchema.optional().describe('Name in the registry; the service name when absent.'),
  labels: mostEntries(z.record(z.string().min(1).max(63), z.string().max(255)), 64)
    .default({})
    .describe('Words of your own, shown and kept with the job.'),
  setup: commandSchema
    .optional()
    .describe(
      'Runs before the command, as a phase of its own; skipped when its inputs are already prepared on that machine.',
    ),
  command: commandSchema.describe('What trains. A string is run by `sh -c`, a list is run as it is.'),
  config: z
    .record(z.string(), jsonValueSchema)
    .default({})
    .describe('Hyper-parameters, written to ARTENIC_CONFIG_FILE.'),
  env: mostEntries(z.record(envNameSchema, z.string().max(32_768)), 256)
    .default({})
    .describe('Plain environment variables. Never put a secret here.'),
  environment: environmentSchema.default({}).describe('What the machine must have besides the package.'),
  secrets: z
    .array(secretNameSchema)
    .max(64)
    .default([])
    .describe('Names of secrets that become environment variables.'),
  resources: resourcesSchema.prefault({}).describe('What the job takes from its machine.'),
  placement: placementSchema.prefault({}).describe('Where it may run.'),
  priority: z.number().int().min(-100).max(100).default(0).describe('Higher goes first among waiting jobs.'),
  deadline: z.iso.datetime({ offset: true }).optional().describe('When the result is due. Not supported yet.'),
  maxHours: z
    .number()
    .positive()
    .max(8760)
    .default(24)
    .describe(
      'The job is stopped after this many hours of running, over all of its attempts; its state is then `timed-out`. Waiting does not count.',
    ),
  expectedHours: z
    .number()
    .positive()
    .max(8760)
    .optional()
    .describe('Expected running time, in hours. Not supported yet.'),
  budgetUsd: z
    .number()
    .positive()
    .max(10_000_000)
    .optional()
    .describe('Maximum cost of this job, in USD. Not supported yet.'),
  retryOnExitCodes: z
    .array(z.number().int().min(1).max(255))
    .max(255)
    .default([])
    .describe('Exit codes after which the job is tried again.'),
  stopGraceSeconds: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe('Time between the stop file and SIGTERM, and again between SIGTERM and SIGKILL.'),
  deliveryGraceSeconds: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(3600)
    .describe(
      'After a stop, how long the last checkpoints, outputs and logs may take to be stored; less when they stop moving.',
    ),
  outputs: jobOutputsSchema.prefault({}).describe('What the job leaves to be registered.'),
};

/** A submitted job: package and data are content ids of objects uploaded before. */
export const jobSpecSchema = z.strictObject({
  ...jobFields,
  package: z.strictObject({ sha256: sha256Schema }).optional().describe('The uploaded tar.gz with the code.'),
  data: dataOf(dataItemSchema).describe('Uploaded files and dataset versions the command finds in ARTENIC_DATA_DIR.'),
});
export type JobSpec = z.output<typeof jobSpecSchema>;
export type JobSpecInput = z.input<typeof jobSpecSchema>;

/** An accepted job: rules that were added later apply only to new jobs. */
export const takenJobSpecSchema = jobSpecSchema.extend({ data: z.array(dataItemSchema).max(1024).default([]) });

const fileItemSchema = z
  .strictObject({
    name: relativePathSchema.describe('Path under ARTENIC_DATA_DIR.'),
    file: z.string().min(1).max(4096).optional().describe('File relative to this file.'),
    sha256: sha256Schema.optional().describe('Content id of an uploaded object, in place of `file`.'),
  })
  .refine(({ file, sha256 }) => (file === undefined) !== (sha256 === undefined), 'give either `file` or `sha256`');

/** Contents of `artenic.yaml`: package and data are paths relative to the file, or objects uploaded before. */
export const jobFileSchema = z.strictObject({
  ...jobFields,
  package: z
    .union([z.string().min(1).max(4096), z.strictObject({ sha256: sha256Schema })])
    .optional()
    .describe('Folder with the code, relative to this file; or `sha256` of a package uploaded before.'),
  data: dataOf(z.union([fileItemSchema, datasetSourceSchema])).describe(
    'Files the command finds in ARTENIC_DATA_DIR, uploaded once, then known by their content; and versions of datasets.',
  ),
});
export type JobFile = z.output<typeof jobFileSchema>;

export function modelNameOf(spec: Pick<JobSpec, 'service' | 'model'>): string {
  return spec.model ?? spec.service;
}
