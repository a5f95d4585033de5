import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { withHeartbeats } from '../../activities/heartbeats.ts';

const logger = new DefaultLogger('ERROR');

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
});
afterEach(() => {
  jest.useRealTimers();
});

/** Heartbeats of work that takes 400 ms, its result, and the heartbeats in the second after its end. */
async function beatsOf(info: { readonly heartbeatTimeoutMs?: number; readonly isLocal?: boolean }) {
  const environment = new MockActivityEnvironment(info, { logger });
  let beats = 0;
  environment.on('heartbeat', () => beats++);
  const end = Promise.withResolvers<string>();
  const running = environment.run(() => withHeartbeats(() => end.promise));
  await jest.advanceTimersByTimeAsync(400);
  end.resolve('done');
  const result = await running;
  const atItsEnd = beats;
  await jest.advanceTimersByTimeAsync(1000);
  return { result, beats, after: beats - atItsEnd };
}

test('work tells that it goes on, until it is done', async () => {
  const { result, beats, after } = await beatsOf({ heartbeatTimeoutMs: 150 });
  expect({ result, beats, after }).toEqual({ result: 'done', beats: 8, after: 0 });
});

test('nobody is told where nobody listens', async () => {
  const silent = { result: 'done', beats: 0, after: 0 };
  expect(await beatsOf({})).toEqual(silent);
  expect(await beatsOf({ heartbeatTimeoutMs: 0 })).toEqual(silent);
  expect(await beatsOf({ heartbeatTimeoutMs: 150, isLocal: true })).toEqual(silent);
  expect(await withHeartbeats(() => Promise.resolve('outside'))).toBe('outside');
});

test('work that fails beats no longer', async () => {
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 60 }, { logger });
  let beats = 0;
  environment.on('heartbeat', () => beats++);
  const failing = environment.run(() => withHeartbeats(() => Promise.reject(new Error('broken'))));
  await expect(failing).rejects.toThrow('broken');
  await jest.advanceTimersByTimeAsync(1000);
  expect(beats).toBe(0);
});
