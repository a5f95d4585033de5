import { closeSync, existsSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TrainingError } from './errors.ts';
import { stopOnSignals } from './stop-signals.ts';

/**
 * One line of the metrics file. `progress` is the fraction of all work that is done, in [0, 1]; other names are free.
 */
export type MetricsReport = { readonly step: number; readonly epoch?: number; readonly progress?: number } & Readonly<
  Record<string, number | undefined>
>;

/** A training script's side of the runner contract: environment variables and files. */
export type Platform = {
  /** Hyper-parameters from `ARTENIC_CONFIG_FILE`; empty when the variable is not set. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Folder for checkpoints. It already contains the newest checkpoint when the job is tried again. */
  readonly checkpointDir: string;
  /** Path of a data item by its name in the job file. */
  readonly dataFile: (name: string) => string;
  /** Path for an artifact in `ARTENIC_OUTPUT_DIR`; its folder is created. */
  readonly outputFile: (name: string) => string;
  /** Appends one line to `ARTENIC_METRICS_FILE`; NaN and infinities are kept. */
  readonly reportMetrics: (report: MetricsReport) => void;
  /** True once the stop file exists or SIGTERM was received: write a checkpoint and exit. */
  readonly stopRequested: () => boolean;
  /** True once for each request: write a checkpoint and continue. */
  readonly checkpointRequested: () => boolean;
  /** Closes the metrics file and stops catching SIGTERM. */
  readonly close: () => void;
};

/**
 * Reads the environment that the runner sets. From the first call on, SIGTERM no longer ends the process; it makes
 * `stopRequested` true.
 * @throws TrainingError `environment-missing` naming the variables that are not set
 */
export function platform(environment: Readonly<Record<string, string | undefined>> = process.env): Platform {
  const required = [
    'ARTENIC_DATA_DIR',
    'ARTENIC_CHECKPOINT_DIR',
    'ARTENIC_OUTPUT_DIR',
    'ARTENIC_METRICS_FILE',
    'ARTENIC_STOP_FILE',
  ] as const;
  const missing = required.filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) {
    throw new TrainingError(
      'environment-missing',
      `Not set: ${missing.join(', ')}. The runner sets them; outside a job, set them yourself.`,
    );
  }
  const variable = (name: (typeof required)[number]) => environment[name] ?? '';
  const config = readConfig(environment['ARTENIC_CONFIG_FILE']);
  const metricsPath = variable('ARTENIC_METRICS_FILE');
  mkdirSync(dirname(metricsPath), { recursive: true });
  const metricsFile = openSync(metricsPath, 'a');
  const signals = stopOnSignals();
  return {
    config,
    checkpointDir: variable('ARTENIC_CHECKPOINT_DIR'),
    dataFile: (name) => join(variable('ARTENIC_DATA_DIR'), name),
    outputFile: (name) => {
      const path = join(variable('ARTENIC_OUTPUT_DIR'), name);
      mkdirSync(dirname(path), { recursive: true });
      return path;
    },
    reportMetrics: (report) => {
      writeSync(metricsFile, metricsLine({ ...report, time: new Date().toISOString() }));
    },
    stopRequested: () => signals.stopRequested() || existsSync(variable('ARTENIC_STOP_FILE')),
    checkpointRequested: () => takeFile(environment['ARTENIC_CHECKPOINT_FILE']),
    close: () => {
      signals.close();
      closeSync(metricsFile);
    },
  };
}

/**
 * A number from the hyper-parameters.
 * @throws TrainingError `invalid-configuration` naming the field when it is not a number in [minimum, maximum]
 */
export function configNumber(
  config: Readonly<Record<string, unknown>>,
  name: string,
  bounds: { readonly fallback: number; readonly minimum: number; readonly maximum: number; readonly whole?: boolean },
): number {
  const value = config[name] ?? bounds.fallback;
  const fits =
    typeof value === 'number' &&
    value >= bounds.minimum &&
    value <= bounds.maximum &&
    (bounds.whole !== true || Number.isInteger(value));
  if (!fits) {
    const kind = bounds.whole === true ? 'whole number' : 'number';
    const range = `${kind} from ${bounds.minimum} to ${bounds.maximum}`;
    throw new TrainingError('invalid-configuration', `config.${name} is a ${range}, not ${JSON.stringify(value)}.`);
  }
  return value;
}

/** True when the file existed; it is removed. Only one of several processes gets true. */
function takeFile(path: string | undefined): boolean {
  if (path === undefined || !existsSync(path)) return false;
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function readConfig(path: string | undefined): Readonly<Record<string, unknown>> {
  if (path === undefined || path === '') return {};
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new TrainingError('invalid-configuration', `${path} cannot be read as JSON.`, { cause });
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new TrainingError('invalid-configuration', `${path} must hold a JSON object.`);
  }
  return config as Record<string, unknown>;
}

/**
 * JSON with the tokens NaN, Infinity and -Infinity, as Python's `json` writes them: a NaN loss must not become null.
 */
function metricsLine(values: Readonly<Record<string, number | string | undefined>>): string {
  const fields = Object.entries(values).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`${JSON.stringify(name)}:${typeof value === 'number' ? String(value) : JSON.stringify(value)}`],
  );
  return `{${fields.join(',')}}\n`;
}
