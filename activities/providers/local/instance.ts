import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import type { InstanceHandle } from '../provider.ts';
import { errorCode } from '../../error-code.ts';
import { readIfThere } from './files.ts';
import type { Marks } from './processes.ts';

export const providerName = 'local';

/** Written by the instance itself before its runner starts. Only one process can create the record. */
const recordSchema = z.union([
  z.object({
    pid: z.number().int().positive(),
    startedAt: z.string(),
    bootId: z.string(),
    /** Namespace in which the instance's processes are visible; absent in records of earlier releases. */
    pidNamespace: z.string().optional(),
    /** Whether the runner holds the lock on `alive` while it lives. */
    isLocked: z.boolean().optional(),
  }),
  z.object({ neverStarted: z.literal(true) }),
]);
export type InstanceRecord = z.output<typeof recordSchema>;

const endedSchema = z.object({ endedBy: z.enum(['request', 'itself']), endedAt: z.iso.datetime() });
export type Ended = z.output<typeof endedSchema>;

const identitySchema = z.object({ attemptId: z.string() });

/** One instance: a folder, and all processes that carry its marks. */
export type Instance = Marks & {
  readonly handle: InstanceHandle;
  readonly files: {
    /** Names the attempt that the folder belongs to. */
    readonly identity: string;
    readonly bootstrap: string;
    readonly record: string;
    /** Locked by the living runner. */
    readonly alive: string;
    readonly terminateRequested: string;
    /** Written once there is proof that no process is left; never changes again. */
    readonly ended: string;
    readonly log: string;
    readonly work: string;
  };
};

/** Derives the instance from an attempt's id. The folder's name is a hash, so it is short and safe for any id. */
export function instanceOf(instancesFolder: string, attemptId: string, machine: string): Instance {
  const instanceId = createHash('sha256').update(attemptId).digest('hex').slice(0, 32);
  const folder = join(instancesFolder, instanceId);
  return {
    attemptId,
    folder,
    handle: { provider: providerName, attemptId, instanceId, region: machine },
    files: {
      identity: join(folder, 'instance.json'),
      bootstrap: join(folder, 'bootstrap.json'),
      record: join(folder, 'record.json'),
      alive: join(folder, 'alive'),
      terminateRequested: join(folder, 'terminate-requested'),
      ended: join(folder, 'ended.json'),
      log: join(folder, 'runner.log'),
      work: join(folder, 'work'),
    },
  };
}

export async function isThere(path: string): Promise<boolean> {
  return (await timeOf(path)) !== null;
}

export async function timeOf(path: string): Promise<Date | null> {
  try {
    return (await stat(path)).mtime;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Null if the instance has not started. Throws `unknown-state` for an invalid record. */
export async function readRecord({ files }: Instance): Promise<InstanceRecord | null> {
  return parse(files.record, recordSchema);
}

/** Null until the instance is proved gone. */
export async function readEnded({ files }: Instance): Promise<Ended | null> {
  return parse(files.ended, endedSchema);
}

/** The attempt that a folder belongs to; null if no launch has begun in the folder. */
export async function attemptIdIn(folder: string): Promise<string | null> {
  return (await parse(join(folder, 'instance.json'), identitySchema))?.attemptId ?? null;
}

async function parse<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ArtenicError('unknown-state', `${path} has unexpected content; check whether the file was edited.`);
}

/** Undefined for invalid JSON; no schema accepts undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
