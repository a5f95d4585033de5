import { describe, expect, test } from '@jest/globals';
import { fenceAfterEnding, handsOver, type Predecessor } from '../../../core/failover/hand-over.ts';

const now = new Date(1_000_000);
const open: Predecessor = { attempt: 1, ending: null, isDone: false, releasedAt: null, noticeDeadlineAt: null };

describe('an attempt hands over', () => {
  test.each<[string, Partial<Predecessor>, boolean]>([
    ['not while it runs', {}, false],
    ['not while its warned machine may still write', { noticeDeadlineAt: new Date(1_000_001) }, false],
    ['not for the ten seconds after that', { noticeDeadlineAt: new Date(990_001) }, false],
    ['afterwards, whatever became of it', { noticeDeadlineAt: new Date(990_000) }, true],
    ['not when it came to its own end', { isDone: true, noticeDeadlineAt: new Date(990_000) }, false],
    ['when its last checkpoint is in storage', { releasedAt: now }, true],
    ['when it has ended', { ending: { kind: 'preempted' } }, true],
    ['never when it has finished the job', { ending: { kind: 'succeeded' }, releasedAt: now }, false],
  ])('%s', (_, change, expected) => {
    expect(handsOver({ ...open, ...change }, now)).toBe(expected);
  });
});

describe('the fence, when an attempt has ended,', () => {
  const preempted = { kind: 'preempted' };
  test.each<[string, readonly (Predecessor['ending'] | undefined)[], number, number]>([
    ['stays without a replacement', [preempted], 1, 1],
    ['moves to the replacement beside it', [preempted, null], 1, 2],
    ['stays at the one that is still at work', [null, preempted], 1, 1],
    ['stays when the replacement has ended before it', [preempted, preempted], 1, 1],
    ['goes over one that has ended, too', [preempted, preempted, null], 1, 3],
    ['stays at the one that has finished the job', [{ kind: 'succeeded' }, null], 1, 1],
    ['never goes back', [null, preempted, null], 2, 2],
  ])('%s', (_, endings, currentAttempt, expected) => {
    const attempts = endings.map((ending = null, index) => ({ attempt: index + 1, ending }));
    expect(fenceAfterEnding(attempts.toReversed(), currentAttempt)).toBe(expected);
  });
});
