import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { withHeartbeats } from '../../activities/heartbeats.ts';

const logger = new DefaultLogger('ERROR');

/** How often work of 400 ms tells that it goes on, and what it gives. */
async function beatsOf(info: { readonly heartbeatTimeoutMs?: number; readonly isLocal?: boolean }) {
  const environment = new MockActivityEnvironment(info, { logger });
  let beats = 0;
  environment.on('heartbeat', () => beats++);
  const result = await environment.run(() => withHeartbeats(() => sleep(400, 'done')));
  const atItsEnd = beats;
  await sleep(200);
  return { result, beats, after: beats - atItsEnd };
}

test('work tells that it goes on, until it is done', async () => {
  const { result, beats, after } = await beatsOf({ heartbeatTimeoutMs: 150 });
  expect(result).toBe('done');
  expect(beats).toBeGreaterThanOrEqual(3);
  expect(after).toBe(0);
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
  await sleep(100);
  expect(beats).toBe(0);
});
