import { describe, expect, test } from '@jest/globals';
import { dueOf, isCertain, whyUnknown, type CatalogAge } from '../../../core/catalog/freshness.ts';

const known = (changes: Partial<CatalogAge> = {}): CatalogAge => ({
  ...{ provider: 'p', ageMs: 60_000, spotAgeMs: 1000, problem: null, problemType: null },
  ...changes,
});

describe('what is known of a provider', () => {
  test('is enough while it is young, whatever passing fault has come since', () => {
    expect(whyUnknown('p', known())).toBeNull();
    expect(whyUnknown('p', known({ problem: 'a hiccup', problemType: 'transient' }))).toBeNull();
  });

  test('is not enough before the first answer, after a quarter of an hour, or without valid credentials', () => {
    expect(whyUnknown('p', undefined)).toMatchObject({ provider: 'p', type: 'transient' });
    expect(whyUnknown('p', known({ ageMs: 901_000, problem: 'It hangs.', problemType: 'internal' }))).toEqual({
      ...{ provider: 'p', type: 'transient' },
      message: 'What p offers has not been known for 15 minutes. When it was asked last: It hangs.',
    });
    const expired = { provider: 'p', type: 'auth', message: 'expired' };
    expect(whyUnknown('p', known({ problem: 'expired', problemType: 'auth' }))).toEqual(expired);
  });

  test('ends a job only when it has just been said, of the market that the job is for', () => {
    expect(isCertain(known(), false)).toBe(false);
    expect(isCertain(known(), true)).toBe(true);
    expect(isCertain(known({ spotAgeMs: 31_000 }), true)).toBe(false);
    expect(isCertain(known({ ageMs: null }), false)).toBe(false);
  });
});

test('a refresh asks for spot prices alone while the rest is young; what is asked for is all, but once', () => {
  const scheduled = { hasSpot: true, isAsked: false };
  expect(dueOf(known(), scheduled)).toBe('spot');
  expect(dueOf(known({ ageMs: 300_000 }), scheduled)).toBe('all');
  expect(dueOf(known({ problem: 'a hiccup', problemType: 'transient' }), scheduled)).toBe('all');
  expect(dueOf(undefined, scheduled)).toBe('all');
  expect(dueOf(known(), { hasSpot: false, isAsked: false })).toBe('all');
  const asked = { hasSpot: true, isAsked: true };
  expect(dueOf(known(), asked)).toBe('all');
  expect(dueOf(known({ ageMs: 1000 }), asked)).toBe('nothing');
  expect(dueOf(known({ ageMs: 1000, problem: 'expired', problemType: 'auth' }), asked)).toBe('all');
});
