import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { retriedWhenRefused, toFailure, withFailures } from '../../activities/failures.ts';
import { ArtenicError, errorTable, type ErrorType } from '../../core/errors.ts';

/** The failures in these tests are intended. */
const logger = new DefaultLogger('ERROR');

describe('failures of activities', () => {
  test.each(Object.keys(errorTable) as ErrorType[])('%s is retried as the table says', (type) => {
    const failure = toFailure(new ArtenicError(type, 'why'));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, message: 'why', nonRetryable: !errorTable[type].retryable });
    const isBenign = (failure as ApplicationFailure).category === ApplicationFailureCategory.BENIGN;
    expect(isBenign).toBe(type === 'not-ready');
  });

  test('a provider says when to come again', () => {
    for (const type of ['rate-limited', 'not-ready'] as const) {
      expect(toFailure(new ArtenicError(type, 'later', { retryAfterMs: 7000 }))).toMatchObject({
        nextRetryDelay: 7000,
      });
      // A delay of 0 would mean "no delay set" to Temporal's server.
      for (const soon of [{}, { retryAfterMs: 0 }]) {
        const failure = toFailure(new ArtenicError(type, 'later', soon));
        expect(failure).not.toHaveProperty('nextRetryDelay', expect.anything());
      }
    }
  });

  test("Temporal's own failures stay what they are", () => {
    const cancelled = new CancelledFailure('cancelled');
    expect(toFailure(cancelled)).toBe(cancelled);
  });

  test('a refusal of what must not be given up is tried again, after a pause that grows with its age up to a bound', async () => {
    const refused = retriedWhenRefused(() => Promise.reject(new ArtenicError('auth', 'no')), 60_000);
    const pauseAt = async (ageMs: number): Promise<number> => {
      const info = { scheduledTimestampMs: Date.now() - ageMs };
      const error: unknown = await new MockActivityEnvironment(info, { logger })
        .run(refused, {})
        .catch((failure: unknown) => failure);
      expect(error).toMatchObject({ type: 'auth', message: 'no', nonRetryable: false });
      return Number((error as ApplicationFailure).nextRetryDelay);
    };
    const pauses = [await pauseAt(0), await pauseAt(30_000), await pauseAt(86_400_000)];
    expect(pauses[0]).toBe(2000);
    expect(pauses[1]).toBeGreaterThanOrEqual(15_000);
    expect(pauses[2]).toBe(60_000);
    const waiting = retriedWhenRefused(() => Promise.reject(new ArtenicError('not-ready', 'yet')), 60_000);
    await expect(waiting({})).rejects.not.toHaveProperty('nextRetryDelay', expect.anything());
  });

  test('the unexpected is tried again, but not for ever', async () => {
    const { broken } = withFailures({ broken: () => Promise.reject(new TypeError('x is not a function')) });
    const at = (attempt: number) => new MockActivityEnvironment({ attempt }, { logger }).run(broken);
    for (const attempt of [1, 2, 9]) {
      await expect(at(attempt)).rejects.toMatchObject({ type: 'internal', nonRetryable: false });
    }
    await expect(at(10)).rejects.toMatchObject({
      type: 'internal',
      nonRetryable: true,
      message: 'TypeError: x is not a function',
    });
  });

  test('a wait has no such limit', async () => {
    const { waiting } = withFailures({ waiting: () => Promise.reject(new ArtenicError('not-ready', 'not yet')) });
    const late = new MockActivityEnvironment({ attempt: 100_000 }, { logger }).run(waiting);
    await expect(late).rejects.toMatchObject({ type: 'not-ready', nonRetryable: false });
  });

  test('no failure carries a credential, in message, stack or cause', () => {
    const cause = new Error('cannot connect to postgresql://artenic:hunter2secret@127.0.0.1/artenic');
    const errors = [
      new ArtenicError('unavailable', `PostgreSQL: ${cause.message}`, { cause }),
      cause,
      new Error('refused: Authorization: Bearer hunter2secret-hunter2secret'),
      'thrown text with https://user:hunter2secret@host/path',
    ];
    for (const error of errors) {
      const failure = toFailure(error);
      expect(`${failure.message} ${failure.stack} ${JSON.stringify(failure)}`).not.toContain('hunter2secret');
      expect(failure.cause).toBeUndefined();
    }
  });

  test('no failure is longer than a page', () => {
    expect(toFailure(new Error('x'.repeat(1e6))).message.length).toBeLessThan(2100);
  });

  test('answers go through unchanged', async () => {
    const { add } = withFailures({ add: async (one: number, other: number) => one + other });
    expect(await add(1, 2)).toBe(3);
  });
});
