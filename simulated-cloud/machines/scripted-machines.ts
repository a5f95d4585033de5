import { mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeWhole } from '@artenic/core/write-whole';
import {
  bootstrapSchema,
  heartbeatResponseSchema,
  objectKeys,
  signAnswerSchema,
  type CompletionMarker,
} from '@artenic/core';
import type { z } from 'zod';
import type { Script, Step } from '../rules/script.ts';
import type { Instance } from '../rules/state.ts';
import type { MachineEvents, Machines } from './machines.ts';

/** The provider's part of the bootstrap data: the machine chooses its own folders. */
const userDataSchema = bootstrapSchema.omit({ workDir: true, cacheDir: true });
type UserData = z.output<typeof userDataSchema>;

const retryMs = 200;
const longestPauseMs = 2 ** 31 - 1;

type Play = {
  readonly userData: string;
  /** Ends the machine. */
  readonly stop: AbortController;
  /** Ends its script. */
  readonly script: AbortController;
  hasSaidHello: boolean;
  /** Its command has ended by itself: a notice no longer stops the machine. */
  isDone: boolean;
  console: string;
  /** How the machine is silenced, and until when on the real clock. */
  silence: { readonly how: 'stopped' | 'partitioned'; readonly untilMs: number } | null;
};

/** Machines without processes: each plays a script, so thousands can run at the same time. */
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
    const [stop, script] = [new AbortController(), new AbortController()];
    const play: Play = { userData, stop, script, hasSaidHello: false, isDone: false, console: '', silence: null };
    this.#plays.set(instanceId, play);
    if (instance.boots) void this.#play(instance, play);
  }

  silence({ instanceId, silence }: Instance, forMs: number | null): void {
    const play = this.#plays.get(instanceId);
    if (play === undefined || silence === null) return;
    play.silence = { how: silence.how, untilMs: forMs === null ? Number.POSITIVE_INFINITY : Date.now() + forMs };
  }

  async #play(instance: Instance, play: Play): Promise<void> {
    const { instanceId, stepsDone } = instance;
    const signal = AbortSignal.any([play.stop.signal, play.script.signal]);
    try {
      for (const [index, step] of this.#scriptOf(instance).entries()) {
        if (index < stepsDone) continue;
        if (step.do === 'exit') return this.stop(instanceId);
        await untilGoing(play, signal);
        await this.#do(step, instanceId, play, signal);
        if (signal.aborted) return;
        this.#events.onStep(instanceId, index);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(instanceId, play, error);
    }
  }

  #fail(instanceId: string, play: Play, error: unknown): void {
    play.console += `the script failed: ${error instanceof Error ? error.message : String(error)}\n`;
    this.stop(instanceId);
  }

  async #do(step: Exclude<Step, { do: 'exit' }>, instanceId: string, play: Play, signal: AbortSignal): Promise<void> {
    const { userData } = play;
    switch (step.do) {
      case 'wait':
        await sleep((step.seconds * 1000) / this.#scale, undefined, { signal });
        return;
      case 'say':
        play.console += `${step.line}\n`;
        return;
      case 'hello':
      case 'phase':
      case 'complete':
        play.isDone = step.do === 'complete';
        await talk(step, lineOf(play, userData), signal);
        if (step.do === 'hello') play.hasSaidHello = true;
        return;
      case 'heartbeat': {
        const line = lineOf(play, userData);
        const answer = await talk(step, line, signal);
        const stop = answer === null ? null : heartbeatResponseSchema.parse(JSON.parse(answer)).stop;
        if (stop === null) return;
        await talk({ do: 'stopped', reason: stop.reason }, line, signal);
        this.stop(instanceId);
        return;
      }
      default:
        step satisfies never;
    }
  }

  /**
   * Acts as a runner does: reports the notice and stops with a last checkpoint, if there is anything to stop. A machine
   * that has not said hello yet continues until its end.
   */
  notice({ instanceId, notice }: Instance): void {
    const play = this.#plays.get(instanceId);
    if (play === undefined || notice === null || !play.hasSaidHello || play.script.signal.aborted) return;
    const deadlineMs = Date.now() + (notice.deadlineMs - notice.atMs) / this.#scale;
    if (!play.isDone) play.script.abort();
    void this.#leave(instanceId, play, new Date(deadlineMs));
  }

  async #leave(instanceId: string, play: Play, deadline: Date): Promise<void> {
    const { signal } = play.stop;
    try {
      const line = lineOf(play, play.userData);
      await talk({ do: 'notice', deadlineAt: deadline.toISOString() }, line, signal);
      if (play.isDone) return;
      await talk({ do: 'stopped', reason: 'stop-requested' }, line, signal);
      this.stop(instanceId);
    } catch (error) {
      if (!signal.aborted) this.#fail(instanceId, play, error);
    }
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

/** Connection of a machine to the API and the storage. */
type Line = { readonly userData: UserData; readonly isCutOff: () => boolean };

function lineOf(play: Play, userData: string): Line {
  return {
    userData: userDataSchema.parse(JSON.parse(userData)),
    isCutOff: () => play.silence !== null && Date.now() < play.silence.untilMs,
  };
}

/** A stopped machine does nothing until it continues. */
async function untilGoing({ silence }: Play, signal: AbortSignal): Promise<void> {
  if (silence?.how !== 'stopped') return;
  const leftMs = Math.min(silence.untilMs - Date.now(), longestPauseMs);
  if (leftMs > 0) await sleep(leftMs, undefined, { signal });
}

type Said =
  | Extract<Step, { do: 'hello' | 'phase' | 'heartbeat' | 'complete' }>
  /** The machine is preempted soon. */
  | { readonly do: 'notice'; readonly deadlineAt: string }
  /** The machine was asked to stop, by the answer to a heartbeat or by a notice, and has stopped. */
  | { readonly do: 'stopped'; readonly reason: string };

/**
 * Sends the API the request that a runner would send at this point. Null when a heartbeat was not received: the machine
 * does not wait for that.
 */
async function talk(step: Said, line: Line, signal: AbortSignal): Promise<string | null> {
  const { attemptId, bootstrapToken } = line.userData;
  // The same after a restart of the cloud, so that a second hello is harmless.
  const attemptToken = createHash('sha256').update(`attempt:${bootstrapToken}`).digest('base64url');
  const once = (path: string, body: unknown) => postOnce(line, attemptToken, path, body, signal);
  const post = (path: string, body: unknown) => untilAnswered(() => once(path, body), signal);
  const id = `${attemptId}:${step.do}`;
  switch (step.do) {
    case 'hello': {
      const host = { hostname: 'scripted', platform: 'scripted', cores: 1, pid: 1 };
      return post('/hello', { attemptId, bootstrapToken, attemptToken, host });
    }
    case 'phase':
      return post('/events', { kind: 'phase', id: `${id}:${step.phase}`, phase: step.phase, restoredFrom: null });
    case 'heartbeat':
      return once('/heartbeat', { phase: 'training', progress: step.progress });
    case 'notice':
      return post('/events', { kind: 'notice', id, deadlineAt: step.deadlineAt });
    case 'complete':
      await writeMarker(line, { reason: 'exited', exitCode: step.exitCode }, attemptToken, signal);
      return post('/events', { kind: 'exited', id, exitCode: step.exitCode });
    case 'stopped':
      await writeMarker(line, { reason: 'stop-requested', exitCode: null }, attemptToken, signal);
      return post('/events', { kind: 'stopped', id, reason: step.reason });
    default:
      return step satisfies never;
  }
}

async function untilAnswered(post: () => Promise<string | null>, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await post();
    if (answer !== null) return answer;
    await sleep(retryMs, undefined, { signal });
  }
}

/** Null when the API is unreachable or cannot answer. */
async function postOnce(
  { userData: { apiUrl }, isCutOff }: Line,
  token: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<string | null> {
  if (isCutOff()) return null;
  const answer = await fetch(`${apiUrl}/api/v1/runner${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
  }).then(
    async (response) => ({ status: response.status, text: await response.text() }),
    () => null,
  );
  if (answer === null || answer.status >= 500 || answer.status === 429) return null;
  if (answer.status < 300) return answer.text;
  throw new Error(`the API answered ${answer.status} to ${path}`);
}

/** Writes the verdict to the storage before it is reported. */
async function writeMarker(
  line: Line,
  verdict: Pick<CompletionMarker, 'reason' | 'exitCode'>,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const { attemptId, jobId, attempt, storage } = line.userData;
  // A cut-off machine does not reach the storage either.
  while (line.isCutOff()) await sleep(retryMs, undefined, { signal });
  const marker: CompletionMarker = {
    ...{ attemptId, phase: 'training', ...verdict, signal: null, message: '', outputs: [] },
    ...{ setupFreeze: null, timings: {}, finishedAt: new Date().toISOString() },
  };
  const key = objectKeys.completion(jobId, attempt);
  if (storage.kind === 'signed') {
    const body = { requests: [{ kind: 'put', key }], use: 'now' };
    const answer = await untilAnswered(() => postOnce(line, token, '/objects/sign', body, signal), signal);
    const [request] = signAnswerSchema.parse(JSON.parse(answer)).requests;
    if (request === undefined) throw new Error('the API has signed nothing');
    const { method, url, headers } = request;
    const { ok, status } = await fetch(url, { method, headers, body: JSON.stringify(marker), signal });
    if (!ok) throw new Error(`the storage answered ${status}`);
    return;
  }
  const path = join(storage.root, ...key.split('/'));
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, JSON.stringify(marker));
}
