import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isTooLong,
  silenceLimits,
  silenceOf,
  uptimePace,
  type Signs,
  type Uptime,
} from '../../../core/silence/silence.ts';

const minute = 60_000;
const limits = { silentAfterMs: 10 * minute, helloWithinMs: 5 * minute };
const launchedMs = 1_000_000_000;
const signs = (changes: Partial<Signs> = {}): Signs => ({
  ...{ instanceSinceMs: launchedMs, helloAtMs: launchedMs + minute, lastSignMs: launchedMs + minute },
  ...changes,
});
/** The API heard runners without a gap, until this number of minutes after the launch. */
const goodUntil = (minutes: number): Uptime => ({ goodSinceMs: 0, goodUntilMs: launchedMs + minutes * minute });
const kindAt = (minutes: number, changes: Partial<Signs> = {}) => {
  const silence = silenceOf(signs(changes), goodUntil(minutes), limits);
  return silence !== null && isTooLong(silence) ? silence.kind : null;
};

describe('a machine that speaks', () => {
  test('falls silent only after the limit, counted from its last sign', () => {
    expect(kindAt(11)).toBeNull();
    expect(kindAt(11.1)).toBe('fell-silent');
    expect(kindAt(20, { lastSignMs: launchedMs + 10 * minute })).toBeNull();
    expect(kindAt(20.1, { lastSignMs: launchedMs + 10 * minute })).toBe('fell-silent');
  });
});

describe('a machine that has not connected', () => {
  const mute = { helloAtMs: null, lastSignMs: null };
  test('is given the time of its provider from its launch on', () => {
    expect(kindAt(5, mute)).toBeNull();
    expect(kindAt(5.1, mute)).toBe('never-spoke');
  });
  test('is given it anew with each sign of its boot', () => {
    expect(kindAt(8, { ...mute, lastSignMs: launchedMs + 3 * minute })).toBeNull();
    expect(kindAt(8.1, { ...mute, lastSignMs: launchedMs + 3 * minute })).toBe('never-spoke');
  });
  test('each provider has its time; a setting takes the place of all of them', () => {
    const helloWithinMsByProvider = new Map([
      ['near', 5],
      ['far', 1_200_000],
    ]);
    const settings = { silentAfterMs: 1, helloWithinMs: null, helloWithinMsByProvider };
    const within = (provider: string) => silenceLimits(provider, settings).helloWithinMs;
    expect([within('near'), within('far'), within('never-heard-of')]).toEqual([5, 1_200_000, 1_200_000]);
    expect(silenceLimits('far', { ...settings, helloWithinMs: 7 }).helloWithinMs).toBe(7);
  });
});

describe('an outage of ours', () => {
  test('is not counted, and every runner gets the whole time anew', () => {
    const back = { goodSinceMs: launchedMs + 60 * minute, goodUntilMs: launchedMs + 70 * minute };
    const silence = silenceOf(signs(), back, limits);
    expect(silence).toMatchObject({ silentMs: 10 * minute });
    expect(silence !== null && isTooLong(silence)).toBe(false);
  });
  test('that lasts counts nothing: the last good moment stands still', () => {
    expect(silenceOf(signs(), goodUntil(0.5), limits)).toMatchObject({ silentMs: 0 });
  });
  test('of an API that was never there tells nothing', () => {
    expect(silenceOf(signs(), null, limits)).toBeNull();
  });
  test('of a machine that was never launched there is nothing to say', () => {
    const never = { instanceSinceMs: null, helloAtMs: null, lastSignMs: null };
    expect(silenceOf(never, goodUntil(100), limits)).toBeNull();
  });
  test('whatever comes: no machine is blamed for more than the span in which the API was there', () => {
    const time = fc.integer({ min: 0, max: 10 ** 9 });
    fc.assert(
      fc.property(
        time,
        fc.option(time),
        fc.option(time),
        time,
        time,
        (instanceSinceMs, helloAtMs, last, from, span) => {
          const uptime = { goodSinceMs: from, goodUntilMs: from + span };
          const silence = silenceOf({ instanceSinceMs, helloAtMs, lastSignMs: last }, uptime, limits);
          expect(silence?.silentMs ?? 0).toBeLessThanOrEqual(span);
          expect(silence?.silentMs ?? 0).toBeLessThanOrEqual(Math.max(0, from + span - instanceSinceMs));
        },
      ),
    );
  });
});

test('the API notes that it is there often enough for any limit, and a missed note is no outage', () => {
  for (const silentAfterMs of [1000, 5000, 600_000, 86_400_000]) {
    const { everyMs, gapMs } = uptimePace(silentAfterMs);
    expect(everyMs).toBeLessThanOrEqual(Math.max(250, silentAfterMs / 20));
    expect(gapMs).toBeGreaterThanOrEqual(4 * everyMs);
  }
});
