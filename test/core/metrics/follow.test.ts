import { expect, test } from '@jest/globals';
import { mustReload, type FollowFacts } from '../../../core/metrics/follow.ts';

const newest = { id: 20n, attempt: 2, firstStep: 5, firstId: 8n, hasEarlier: true };
const facts = (change: Partial<FollowFacts>): FollowFacts => ({
  ...{ after: 10n, newest, points: [{ attempt: 2, step: 9 }], limit: 2 },
  ...change,
});

test.each<readonly [string, boolean, Partial<FollowFacts>]>([
  ['more of the same attempt', false, {}],
  ['nothing new', false, { points: [] }],
  ['no points at all', false, { after: 0n, newest: null, points: [] }],
  ['points that were there are gone', true, { after: 10n, newest: null, points: [] }],
  ['a database from before', true, { after: 21n, points: [] }],
  ['more than are told', true, { points: [6, 7, 8].map((step) => ({ attempt: 2, step })) }],
  ['exactly as many as are told', false, { points: [6, 7].map((step) => ({ attempt: 2, step })) }],
  ['an attempt that began since', true, { newest: { ...newest, firstId: 11n } }],
  ['a late point of an earlier attempt', true, { points: [{ attempt: 1, step: 9 }] }],
  ['a first step that moves', true, { points: [{ attempt: 2, step: 5 }] }],
  [
    'a low step of the only attempt',
    false,
    { newest: { ...newest, hasEarlier: false }, points: [{ attempt: 2, step: 1 }] },
  ],
])('%s: %s', (_what, expected, change) => {
  expect(mustReload(facts(change))).toBe(expected);
});
