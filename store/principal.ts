/**
 * On whose behalf rows are written. `key`, `session` and `webhook` are callers of the API, `runner` is the runner of an
 * attempt (`id` is the attempt's), `system` is a workflow type or a loop of ours (`id` is `system:<name>`).
 */
export type Principal = {
  readonly kind: 'key' | 'session' | 'webhook' | 'runner' | 'system';
  readonly id: string;
  readonly name: string;
  /** Null for what acts for every project: loops, and activities until they take up a job. */
  readonly projectId: string | null;
  /** The request, or the workflow's id: by it an entry of the audit log is found in logs and histories. */
  readonly requestId?: string;
};

/** One that belongs to a project: it may make jobs and models. */
export type ProjectPrincipal = Principal & { readonly projectId: string };
