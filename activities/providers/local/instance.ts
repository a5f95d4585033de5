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

/** Written by the instance itself, before its runner begins: the claim that only one process can make. */
const recordSchema = z.union([
  z.object({
    pid: z.number().int().positive(),
    startedAt: z.string(),
    bootId: z.string(),
    /** Where its processes can be seen; absent in records of earlier releases. */
    pidNamespace: z.string().optional(),
    /** Whether the runner holds the lock `alive` for as long as it lives. */
    isLocked: z.boolean().optional(),
  }),
  z.object({ neverStarted: z.literal(true) }),
]);
export type InstanceRecord = z.output<typeof recordSchema>;

const endedSchema = z.object({ endedBy: z.enum(['request', 'itself']), endedAt: z.iso.datetime() });
export type Ended = z.output<typeof endedSchema>;

const identitySchema = z.object({ attemptId: z.string() });

/** One instance: a folder, and whatever processes carry its marks. */
export type Instance = Marks & {
  readonly handle: InstanceHandle;
  readonly files: {
    /** Whose folder it is. */
    readonly identity: string;
    readonly bootstrap: string;
    readonly record: string;
    /** Locked by the living runner. */
    readonly alive: string;
    readonly terminateRequested: string;
    /** There is proof that nothing runs any more; never changes again. */
    readonly ended: string;
    readonly log: string;
    readonly work: string;
  };
};

/** The folder's name is short and safe whatever the id holds. */
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

/** Null when it has not begun. Throws `unknown-state` for a record that is not ours. */
export async function readRecord({ files }: Instance): Promise<InstanceRecord | null> {
  return parse(files.record, recordSchema);
}

/** Null while it is not proved gone. */
export async function readEnded({ files }: Instance): Promise<Ended | null> {
  return parse(files.ended, endedSchema);
}

/** The attempt that a folder belongs to; null for a folder that nothing was begun in. */
export async function attemptIdIn(folder: string): Promise<string | null> {
  return (await parse(join(folder, 'instance.json'), identitySchema))?.attemptId ?? null;
}

async function parse<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ArtenicError('unknown-state', `${path} says nothing that we know; has somebody changed it?`);
}

/** Undefined for anything but JSON, which no schema takes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
