import type { ProjectPrincipal } from '../principal.ts';

/** Browser sessions and the one-time links that open them. Of tokens only hashes come here. */
export type SessionsRepository = {
  readonly makeLink: (link: {
    readonly tokenHash: string;
    readonly apiKeyId: string;
    readonly expiresAt: Date;
    /** The session that asks for it; null for an API key. */
    readonly sessionHash: string | null;
  }) => Promise<void>;
  /** Who made the link, once: null for one that is unknown, used or too old, or whose session has ended. */
  readonly takeLink: (
    tokenHash: string,
    at: Date,
  ) => Promise<{ readonly apiKeyId: string; readonly sessionHash: string | null } | null>;
  readonly open: (session: {
    readonly tokenHash: string;
    readonly apiKeyId: string;
    readonly createdAt: Date;
    readonly expiresAt: Date;
    readonly parentHash: string | null;
  }) => Promise<void>;
  /** Null when it is unknown, too old or revoked, or when its API key is revoked or its parent has ended. */
  readonly find: (
    tokenHash: string,
    at: Date,
  ) => Promise<
    | (Pick<ProjectPrincipal, 'id' | 'name' | 'projectId'> & {
        readonly expiresAt: Date;
        readonly parentHash: string | null;
      })
    | null
  >;
  /** Ends it, and with it the sessions that its links have opened. Tells the holders of sockets. */
  readonly revoke: (tokenHash: string, at: Date) => Promise<void>;
  readonly purge: (expiredBefore: Date) => Promise<void>;
};
