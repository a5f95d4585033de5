import { statSync } from 'node:fs';
import { sep } from 'node:path';

/** Files that take longest begin first, so that no core waits for one of them at the end. */
const longest = [
  'chaos/cloud',
  'chaos/chaos',
  'providers/aws/provider',
  'e2e/',
  'web/dashboard/',
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
