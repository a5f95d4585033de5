import { expect, test } from '@jest/globals';
import { decisionIcon, decisionReason, policyWords } from '../../../web/src/features/decisions/decision-words.ts';

test('a reason begins a sentence, and is left out where the title says as much', () => {
  const reason = 'move to us-east-b (preempted in us-east-a)';
  expect(decisionReason({ kind: 'launch', reason })).toBe('Move to us-east-b (preempted in us-east-a)');
  expect(decisionReason({ kind: 'watch', reason: 'Attempt 3 is running.' })).toBe('');
  expect(decisionReason({ kind: 'watch', reason: 'attempt 3 was warned' })).toBe('Attempt 3 was warned');
});

test('decisions name their policy in words, and the end by how it ended', () => {
  expect(policyWords('spot-only-3')).toBe('Spot machines only (rules version 3)');
  expect(policyWords('spot-with-fallback-12')).toBe('Spot machines, on demand as fallback (rules version 12)');
  expect(policyWords('of-tomorrow-1')).toBe('of-tomorrow-1');
  expect(decisionIcon('finish', 'failed')).toEqual({ icon: 'cross', tone: 'bad' });
  expect(decisionIcon('finish', 'succeeded').icon).toBe('check');
  expect(decisionIcon('finish', 'cancelled').icon).toBe('stop');
  expect(decisionIcon('wait', 'failed').icon).toBe('hourglass');
});
