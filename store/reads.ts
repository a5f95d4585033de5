import type { Repositories } from './repositories.ts';

/**
 * The methods that change no row, by repository: a store offers these without a principal, and all others only under
 * one. A new method counts as a write until it is listed here.
 */
const reading = {
  jobs: [
    ...(['find', 'get', 'list', 'withIdPart', 'newestConfig', 'withoutHistory', 'open', 'undelivered'] as const),
    ...(['blockedByProvider', 'untaken'] as const),
  ],
  attempts: [
    ...(['find', 'get', 'listByJob', 'newest', 'endings', 'runningSpans', 'page', 'ofJobs'] as const),
    // `hear` stores a sign of life of the attempt with the given token: the token stands for the principal.
    ...(['silent', 'mute', 'hear', 'billedJobs', 'ending'] as const),
  ],
  decisions: ['find', 'latest', 'launches', 'page'],
  launchRefusals: ['ofJob', 'recent', 'page'],
  capacity: ['isGranted', 'positions', 'inUse', 'outlook'],
  streams: ['end', 'points', 'withTail', 'unsettled'],
  metrics: ['series', 'after', 'latest', 'newest', 'extremes'],
  systemMetrics: ['series', 'recent'],
  logChunks: ['endOffset', 'from', 'tail', 'objects', 'totalBytes'],
  checkpoints: ['summaries'],
  models: ['list', 'get', 'versions', 'newestVersions', 'getVersion', 'production', 'stageHistory'],
  datasets: [
    ...(['get', 'list', 'version', 'versions', 'files', 'folder', 'file', 'folderSize', 'diff'] as const),
    ...(['tags', 'tagMoves', 'deleted', 'countDeletedRows', 'draft', 'countOldDrafts', 'closedDrafts'] as const),
    ...(['selected', 'ofJob', 'hasPurged', 'contentsOfJob'] as const),
  ],
  profiles: ['ofContents', 'run', 'open', 'countUnreferenced'],
  lineage: ['get', 'edgesAt', 'page', 'describe'],
  runs: ['get', 'list'],
  features: ['get', 'list'],
  // `sequence` numbers events that were written before, and hints are not stored.
  events: ['sequence', 'after', 'lastSequence', 'firstSequence', 'notifyHints'],
  idempotency: [],
  apiKeys: ['find'],
  providers: ['find', 'list'],
  catalogs: ['find', 'list', 'search', 'count', 'types'],
  runnerEvents: ['undelivered', 'waiting'],
  signals: ['find', 'since', 'undelivered'],
  sessions: ['find'],
  overview: ['jobsByState', 'endedByDay', 'timeToStart', 'recoveries', 'models', 'activity'],
  views: ['list'],
  search: ['find'],
  reconcile: ['attempts', 'strays', 'unresolved', 'sweeps', 'pricedAt', 'clockSkewMs'],
  retention: [
    ...(['oldPartitions', 'dueJobs', 'facts', 'countRows', 'jobsWithOldCheckpoints', 'checkpoints'] as const),
    ...(['unsettledAttempts', 'duePoints'] as const),
  ],
  objectUses: ['needless'],
  uploads: ['get', 'pieces', 'countOld', 'ended'],
  uptime: ['read'],
  audit: ['page'],
  watchers: [],
  outbox: ['due', 'givenUp'],
  workers: ['list'],
} as const satisfies { readonly [Name in keyof Repositories]: readonly (keyof Repositories[Name])[] };

type Reading = typeof reading;
export type Reads = {
  readonly [Name in keyof Repositories]: Pick<
    Repositories[Name],
    Extract<Reading[Name][number], keyof Repositories[Name]>
  >;
};

export function readsOf(repositories: Repositories): Reads {
  const reads = Object.entries(reading).map(([name, methods]: [string, readonly string[]]) => {
    const repository = Object.entries(repositories[name as keyof Repositories]);
    return [name, Object.fromEntries(repository.filter(([method]) => methods.includes(method)))];
  });
  return Object.fromEntries(reads) as Reads;
}
