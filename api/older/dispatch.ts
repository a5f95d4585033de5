import { jobSpecSchema, jsonValueSchema, mostEntries, type JobSpec } from '@artenic/core';
import { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';
import { parsePart } from '../http/input-errors.ts';

const word = z.string().min(1).max(64);

/** A job in the form of an earlier platform's clients. They send `null` for fields that are left out. */
export const olderDispatchSchema = z.strictObject({
  service: word,
  model: word,
  provider: word,
  config: z.record(z.string(), jsonValueSchema).nullish(),
  instance_type: word.nullish(),
  region: word.nullish(),
  is_spot: z.boolean().nullish(),
  max_runtime_hours: z.number().nullish(),
  workload_spec: mostEntries(z.record(z.string().max(64), jsonValueSchema), 64)
    .nullish()
    .describe(
      'What trains: fields of a job, as `command`, `package`, `data` and `resources`. Without `command` the newest job of this service and model gives what is not said here.',
    ),
});
export type OlderDispatch = z.output<typeof olderDispatchSchema>;

/** Jobs of this platform have a `command`, and no `provider` beside it. */
export function isOlderDispatch(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'provider' in value && !('command' in value);
}

export function namesCommand({ workload_spec: workload }: OlderDispatch): boolean {
  return workload?.['command'] !== undefined;
}

/** The fields of an earlier job that define how it trains; not where, for how long and with which parameters. */
function trainingOf({ command, setup, package: code, data, env, environment, ...rest }: JobSpec): object {
  const { secrets, resources, outputs, retryOnExitCodes, stopGraceSeconds, deliveryGraceSeconds } = rest;
  return {
    ...{ command, setup, package: code, data, env, environment, secrets, resources, outputs },
    ...{ retryOnExitCodes, stopGraceSeconds, deliveryGraceSeconds },
  };
}

/** The field of the older body from which each field of the job is taken. */
const olderNames: readonly (readonly [pointer: string, older: string])[] = [
  ['/service', '/service'],
  ['/model', '/model'],
  ['/config', '/config'],
  ['/placement/providers', '/provider'],
  ['/placement/instanceTypes', '/instance_type'],
  ['/placement/regions', '/region'],
  ['/placement/mode', '/is_spot'],
  ['/maxHours', '/max_runtime_hours'],
];

function olderPointer(pointer: string): string {
  const found = olderNames.find(([name]) => pointer === name || pointer.startsWith(`${name}/`));
  return found?.[1] ?? `/workload_spec${pointer}`;
}

/** The same error, but with pointers to the fields that the caller has sent. */
export function inOlderWords(error: unknown): unknown {
  if (!(error instanceof ArtenicError) || error.details.errors === undefined) return error;
  const errors = error.details.errors.map((one) => ({ ...one, pointer: olderPointer(one.pointer) }));
  return new ArtenicError(error.type, error.message, { ...error.details, errors, cause: error });
}

/**
 * The job that an older body describes.
 * @param earlier the newest job of the same service and model; null when there is none, or when it is not needed
 * @throws ArtenicError `validation-failed` with pointers into the job
 */
export function specOfDispatch(older: OlderDispatch, earlier: JobSpec | null): JobSpec {
  const { service, model, provider, config, instance_type: type, region, is_spot: isSpot } = older;
  const workload = older.workload_spec ?? {};
  if (earlier === null && !namesCommand(older))
    throw new ArtenicError(
      'validation-failed',
      `Nothing says how ${service}/${model} is trained: give \`workload_spec\` a \`command\`, or submit one job of it by POST /api/v1/jobs.`,
      { errors: [{ pointer: '/command', message: 'no command, and no earlier job of this service and model' }] },
    );
  const { placement } = workload;
  return parsePart('The job', jobSpecSchema, {
    ...(earlier === null ? {} : trainingOf(earlier)),
    ...workload,
    ...{ service, model },
    ...(config === undefined || config === null ? {} : { config }),
    placement: {
      ...(typeof placement === 'object' && placement !== null && !Array.isArray(placement) ? placement : {}),
      providers: [provider],
      mode: isSpot === true ? 'spot' : 'on-demand',
      ...(typeof region === 'string' ? { regions: [region] } : {}),
      ...(typeof type === 'string' ? { instanceTypes: [type] } : {}),
    },
    ...(typeof older.max_runtime_hours === 'number' ? { maxHours: older.max_runtime_hours } : {}),
  });
}
