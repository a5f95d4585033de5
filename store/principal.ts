/**
 * The actor on whose behalf rows are written. `key`, `session` and `webhook` are callers of the API, `runner` is the
 * runner of an attempt (`id` is the attempt's), `system` is a workflow type or a loop of the platform (`id` is
 * `system:<name>`).
 */
export type Principal = {
  readonly kind: 'key' | 'session' | 'webhook' | 'runner' | 'system';
  readonly id: string;
  readonly name: string;
  /** Null for actors of every project: loops, and activities before they have read their job. */
  readonly projectId: string | null;
  /** Id of the request or of the workflow: it links an audit log entry to logs and histories. */
  readonly requestId?: string;
};

/** A principal of a single project: it may create jobs and models. */
export type ProjectPrincipal = Principal & { readonly projectId: string };
