import { statSync } from 'node:fs';
import { sep } from 'node:path';

/**
 * Files that take longest begin first, so that no core waits for one of them at the end. Those that use somebody else's
 * server come after the others: in a fresh clone it is installed meanwhile.
 */
const longest = [
  'chaos/cloud',
  'chaos/chaos',
  'e2e/newcomer',
  'e2e/up',
  'web/dashboard/',
  'e2e/bad-input',
  'e2e/preemptions',
  'e2e/simulated-cloud',
  'api/predict-faults',
  'cli/commands',
  'providers/aws/provider',
  'e2e/',
  'api/predict',
  'api/oip',
];

const rank = (path) => {
  const at = longest.findIndex((part) => path.includes(`/test/${part}`) || path.includes(`/${part}.test.ts`));
  return at === -1 ? longest.length : at;
};

/** What jest asks of a sequencer; without a memory of earlier runs, as CI has none. */
export default class Sequencer {
  sort(tests) {
    const seen = tests.map((test) => {
      const path = test.path.split(sep).join('/');
      return { test, rank: rank(path), bytes: statSync(test.path).size };
    });
    return seen.sort((a, b) => a.rank - b.rank || b.bytes - a.bytes).map(({ test }) => test);
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {
    // nothing is kept
  }
}
