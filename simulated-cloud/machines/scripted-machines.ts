import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrapSchema, objectKeys, type CompletionMarker } from '@artenic/core';
import type { z } from 'zod';
import type { Script, Step } from '../rules/script.ts';
import type { Instance } from '../rules/state.ts';
import type { MachineEvents, Machines } from './machines.ts';

/** What a provider hands over: where things are on the machine is the machine's own. */
const userDataSchema = bootstrapSchema.omit({ workDir: true, cacheDir: true });
type UserData = z.output<typeof userDataSchema>;

const retryMs = 200;

type Play = { readonly stop: AbortController; console: string };

/** Machines without processes: each plays a script, thousands beside each other. */
export class ScriptedMachines implements Machines {
  readonly #scriptOf: (instance: Instance) => Script;
  /** Milliseconds of the cloud in one real millisecond. */
  readonly #scale: number;
  readonly #events: MachineEvents;
  readonly #plays = new Map<string, Play>();

  constructor(scriptOf: (instance: Instance) => Script, scale: number, events: MachineEvents) {
    this.#scriptOf = scriptOf;
    this.#scale = scale;
    this.#events = events;
  }

  start(instance: Instance, userData: string): void {
    const { instanceId } = instance;
    if (this.#plays.has(instanceId)) return;
    const play: Play = { stop: new AbortController(), console: '' };
    this.#plays.set(instanceId, play);
    void this.#play(instance, userData, play);
  }

  async #play(instance: Instance, userData: string, play: Play): Promise<void> {
    const { instanceId, stepsDone } = instance;
    try {
      for (const [index, step] of this.#scriptOf(instance).entries()) {
        if (index < stepsDone) continue;
        if (step.do === 'exit') return this.stop(instanceId);
        await this.#do(step, userData, play);
        if (play.stop.signal.aborted) return;
        this.#events.onStep(instanceId, index);
      }
    } catch (error) {
      if (play.stop.signal.aborted) return;
      play.console += `the script failed: ${error instanceof Error ? error.message : String(error)}\n`;
      this.stop(instanceId);
    }
  }

  async #do(step: Exclude<Step, { do: 'exit' }>, userData: string, play: Play): Promise<void> {
    const { signal } = play.stop;
    switch (step.do) {
      case 'wait':
        await sleep((step.seconds * 1000) / this.#scale, undefined, { signal });
        return;
      case 'say':
        play.console += `${step.line}\n`;
        return;
      case 'hello':
      case 'phase':
      case 'heartbeat':
      case 'complete':
        await talk(step, userDataSchema.parse(JSON.parse(userData)), signal);
        return;
      default:
        step satisfies never;
    }
  }

  notice(): void {
    // a script does not listen; its notice is in the metadata
  }

  stop(instanceId: string): void {
    this.#plays.get(instanceId)?.stop.abort();
    this.#events.onOff(instanceId);
  }

  console(instanceId: string): string {
    return this.#plays.get(instanceId)?.console ?? '';
  }

  close(): void {
    for (const { stop } of this.#plays.values()) stop.abort();
  }
}

type Said = Extract<Step, { do: 'hello' | 'phase' | 'heartbeat' | 'complete' }>;

/** Says to the API what a runner would say at this point. */
async function talk(step: Said, userData: UserData, signal: AbortSignal): Promise<void> {
  const { attemptId, bootstrapToken } = userData;
  // the same after a restart of the cloud, so that saying hello again is harmless
  const attemptToken = createHash('sha256').update(`attempt:${bootstrapToken}`).digest('base64url');
  const post = (path: string, body: unknown) => postUntilAnswered(userData, attemptToken, path, body, signal);
  const id = `${attemptId}:${step.do}`;
  switch (step.do) {
    case 'hello': {
      const host = { hostname: 'scripted', platform: 'scripted', cores: 1, pid: 1 };
      return post('/hello', { attemptId, bootstrapToken, attemptToken, host });
    }
    case 'phase':
      return post('/events', { kind: 'phase', id: `${id}:${step.phase}`, phase: step.phase, restoredFrom: null });
    case 'heartbeat':
      return post('/heartbeat', { phase: 'training', progress: step.progress });
    case 'complete':
      writeMarker(userData, step.exitCode);
      return post('/events', { kind: 'exited', id, exitCode: step.exitCode });
    default:
      return step satisfies never;
  }
}

async function postUntilAnswered(
  { apiUrl }: UserData,
  token: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const status = await fetch(`${apiUrl}/api/v1/runner${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => null,
    );
    if (status !== null && status < 300) return;
    if (status !== null && status < 500 && status !== 429) throw new Error(`the API answered ${status} to ${path}`);
    await sleep(retryMs, undefined, { signal });
  }
}

/** The last word lies in storage before anybody is told. */
function writeMarker({ attemptId, jobId, attempt, storage }: UserData, exitCode: number): void {
  const marker: CompletionMarker = {
    ...{ attemptId, phase: 'training', reason: 'exited', exitCode, signal: null, message: '', outputs: [] },
    ...{ setupFreeze: null, timings: {}, finishedAt: new Date().toISOString() },
  };
  const path = join(storage.root, ...objectKeys.completion(jobId, attempt).split('/'));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, JSON.stringify(marker), { flush: true });
  renameSync(`${path}.tmp`, path);
}
