import { statSync } from 'node:fs';
import { sep } from 'node:path';

/** The longest files start first, so that no core waits for them at the end. */
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

/** jest's sequencer interface, without records of earlier runs, which CI does not have. */
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
    // No results are stored.
  }
}
