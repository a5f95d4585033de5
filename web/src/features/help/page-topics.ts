/** A section of the documentation: the page after `/help/`, and its anchor. */
export type HelpTarget = { readonly label: string; readonly path: string; readonly anchor?: string };

const dashboard = (label: string, anchor: string): HelpTarget => ({ label, path: 'dashboard', anchor });

/** The section about each page of the dashboard, the longest beginning of its address first. */
export const pageTopics: readonly (readonly [start: string, target: HelpTarget])[] = [
  ['/jobs/new', dashboard('About dispatching', 'dispatch')],
  ['/jobs/compare', dashboard('About comparing', 'compare-jobs')],
  ['/jobs/', dashboard('About a job', 'a-job')],
  ['/jobs', dashboard('About jobs', 'training')],
  ['/runs/', dashboard('About lineage', 'lineage')],
  ['/datasets', dashboard('About datasets', 'datasets')],
  ['/models', dashboard('About models', 'models')],
  ['/playground', dashboard('About the playground', 'playground')],
  ['/providers', dashboard('About providers', 'providers')],
];

/** The section about the page at this address. */
export function topicOfPage(pathname: string): HelpTarget | null {
  if (pathname === '/') return dashboard('About the overview', 'overview');
  return pageTopics.find(([start]) => pathname.startsWith(start))?.[1] ?? null;
}

const sections: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'not-signed-in': ['unauthorized', 'forbidden'],
    'wrong-input': [
      'malformed-request',
      'validation-failed',
      'not-yet-supported',
      'larger-than-machine',
      'method-not-allowed',
      'payload-too-large',
      'unsupported-media-type',
    ],
    'not-found': ['not-found', 'ambiguous-id', 'purged'],
    conflict: ['conflict', 'offset-mismatch', 'fenced', 'idempotency-in-flight', 'idempotency-mismatch'],
    'model-refused': ['model-rejected'],
    'file-not-readable': ['file-unreadable'],
    'refused-by-a-provider': ['stockout', 'quota', 'auth', 'invalid-request', 'unknown-state'],
    'temporary-error': [
      'rate-limited',
      'transient',
      'unknown-outcome',
      'not-ready',
      'deadline-exceeded',
      'unavailable',
    ],
    'internal-error': ['internal'],
  }).flatMap(([section, types]) => types.map((type): [string, string] => [type, section])),
);

const typePrefix = 'urn:artenic:error:';

/** The section of the troubleshooting page about an error; `type` is the problem's, null when no answer arrived. */
export function sectionOfError(type: string | null): HelpTarget | null {
  const anchor = type === null ? 'the-api-cannot-be-reached' : sections.get(type.replace(typePrefix, ''));
  return anchor === undefined ? null : { label: 'What this means', path: 'troubleshooting', anchor };
}
