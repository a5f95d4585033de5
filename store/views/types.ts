/** A user of a project. */
export type ViewOwner = { readonly projectId: string; readonly ownerId: string };

export type ViewContent = {
  readonly page: string;
  readonly name: string;
  readonly query: string;
  readonly columns: readonly string[];
};

export type ViewRecord = ViewOwner &
  ViewContent & { readonly id: string; readonly createdAt: Date; readonly updatedAt: Date };

/** Saved views; a user neither sees nor changes those of another one. */
export type ViewsRepository = {
  /** By page and name; of one page when it is given. */
  readonly list: (owner: ViewOwner, page?: string) => Promise<readonly ViewRecord[]>;
  /**
   * Throws `conflict` when the page has a view with this name, or when the user has as many as allowed. The same id
   * again returns the view.
   */
  readonly insert: (view: ViewOwner & ViewContent & { readonly id: string; readonly at: Date }) => Promise<ViewRecord>;
  /** Throws `not-found`, or `conflict` when the page has another view with this name. */
  readonly update: (owner: ViewOwner, id: string, content: ViewContent, at: Date) => Promise<ViewRecord>;
  /** Throws `not-found`. */
  readonly remove: (owner: ViewOwner, id: string) => Promise<void>;
};
