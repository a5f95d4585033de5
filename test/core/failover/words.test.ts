import { expect, test } from '@jest/globals';
import { adviceAfter } from '../../../core/failover/words.ts';

test.each([
  ['SIGKILL', /lack of memory/],
  ['SIGSEGV', /crashes \(SIGSEGV\)/],
  ['SIGABRT', /crashes \(SIGABRT\)/],
  ['SIGTERM', /Another program sends SIGTERM to the training/],
  [undefined, /lack of memory/],
])('what to do about a command that was ended by %s', (signal, advice) => {
  const ending = { kind: 'killed', exitCode: null, message: '', ...(signal === undefined ? {} : { signal }) } as const;
  expect(adviceAfter(ending)).toMatch(advice);
  if (signal !== 'SIGKILL' && signal !== undefined) expect(adviceAfter(ending)).not.toMatch(/memory/);
});

test('what to do about a runner that is not there any more', () => {
  expect(adviceAfter({ kind: 'lost', exitCode: null, message: '' })).toMatch(/health of the machine/);
});
