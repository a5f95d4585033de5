/** How a field is written in the form. */
export type FieldKind = 'line' | 'command' | 'number' | 'words' | 'numbers' | 'pairs' | 'choice' | 'providers';

export type FormField = {
  /** Names joined by `/`, as in the schema. */
  readonly path: string;
  readonly kind: FieldKind;
  readonly label: string;
  readonly hint?: string;
  readonly example?: string;
  /** Told when a required field is empty. */
  readonly missing?: string;
  readonly choices?: readonly (readonly [value: string, label: string])[];
  /** Takes the whole width of the form. */
  readonly isWide?: true;
};

export type FieldGroup = { readonly title: string; readonly fields: readonly FormField[] };

/** Fields with a part of the form of their own: code and data are files, the configuration is YAML. */
export const ownParts: readonly string[] = ['package', 'data', 'config'];

/** Fields that are written in the YAML only: lists of objects. */
export const yamlOnly: readonly string[] = ['outputs/datasets'];

export const basics: readonly FormField[] = [
  {
    path: 'service',
    kind: 'line',
    label: 'Service',
    example: 'penguins',
    hint: 'What the model is for',
    missing: 'Enter a service.',
  },
  { path: 'name', kind: 'line', label: 'Name', hint: 'Defaults to what differs from the last job' },
  {
    ...{ path: 'command', kind: 'command', label: 'Command', example: 'python3 train.py', isWide: true },
    ...{ hint: 'Run by sh -c in the folder of the code', missing: 'Enter a command.' },
  },
];

const machine: readonly FormField[] = [
  { path: 'resources/vcpu', kind: 'number', label: 'Cores', example: '1' },
  { path: 'resources/memoryGib', kind: 'number', label: 'Memory (GiB)', example: 'any' },
  { path: 'resources/accelerators/type', kind: 'line', label: 'GPU type', example: 'A100-80GB' },
  { path: 'resources/accelerators/count', kind: 'number', label: 'GPUs', example: 'none' },
  {
    path: 'placement/providers',
    kind: 'providers',
    label: 'Providers',
    hint: 'At equal prices, the first one is used',
    isWide: true,
  },
  {
    ...{ path: 'placement/mode', kind: 'choice', label: 'Market' },
    choices: [
      ['on-demand', 'On demand'],
      ['spot', 'Spot'],
      ['spot-with-fallback', 'Spot, else on demand'],
    ],
  },
  { path: 'placement/maxHourlyUsd', kind: 'number', label: 'Max price ($/h)', example: 'any' },
  { path: 'placement/regions', kind: 'words', label: 'Regions', example: 'any' },
  { path: 'placement/instanceTypes', kind: 'words', label: 'Instance types', example: 'any' },
  {
    path: 'resources/processes',
    kind: 'number',
    label: 'Processes',
    example: '1',
    hint: 'Copies of the command on the machine',
  },
];

export const groups: readonly FieldGroup[] = [
  { title: 'Machine', fields: machine },
  {
    title: 'Environment',
    fields: [
      {
        path: 'setup',
        kind: 'command',
        label: 'Setup',
        example: 'pip install -r requirements.txt',
        hint: 'Runs before the command; skipped where it has already run',
        isWide: true,
      },
      { path: 'environment/python/version', kind: 'line', label: 'Python version', example: '3.11' },
      {
        path: 'environment/python/requirements',
        kind: 'line',
        label: 'Requirements file',
        example: 'requirements.txt',
      },
      {
        path: 'env',
        kind: 'pairs',
        label: 'Environment variables',
        hint: 'NAME=value, one a line. Never put a secret here.',
        isWide: true,
      },
      {
        path: 'secrets',
        kind: 'words',
        label: 'Secrets',
        example: 'HF_TOKEN',
        hint: 'Names of secrets that become environment variables',
      },
    ],
  },
  {
    title: 'Limits and retries',
    fields: [
      { path: 'maxHours', kind: 'number', label: 'Max hours', example: '24', hint: 'Running time over all attempts' },
      { path: 'priority', kind: 'number', label: 'Priority', example: '0', hint: '−100 to 100; higher goes first' },
      { path: 'retryOnExitCodes', kind: 'numbers', label: 'Retry on exit codes', example: '75' },
      {
        path: 'stopGraceSeconds',
        kind: 'number',
        label: 'Stop grace (s)',
        example: '30',
        hint: 'Time to save a checkpoint when stopped',
      },
      {
        path: 'deliveryGraceSeconds',
        kind: 'number',
        label: 'Delivery grace (s)',
        example: '3600',
        hint: 'Time for the last files to be stored',
      },
    ],
  },
  {
    title: 'Results',
    fields: [
      { path: 'model', kind: 'line', label: 'Registry name', hint: 'Defaults to the service' },
      {
        path: 'outputs/model/path',
        kind: 'line',
        label: 'Model file',
        example: 'model.onnx',
        hint: 'When given, the job fails without it',
      },
      { path: 'outputs/model/format', kind: 'choice', label: 'Model format', choices: [['onnx', 'ONNX']] },
      { path: 'outputs/metrics', kind: 'words', label: 'Metrics to keep', example: 'all' },
      {
        path: 'outputs/directions',
        kind: 'pairs',
        label: 'Better values',
        hint: 'metric=min or metric=max, one a line; needed where the name does not show it',
        isWide: true,
      },
      { path: 'labels', kind: 'pairs', label: 'Labels', hint: 'name=value, one a line', isWide: true },
    ],
  },
];

export const allFields: readonly FormField[] = [...basics, ...groups.flatMap(({ fields }) => fields)];
