import type { ProjectPrincipal } from '../principal.ts';

/** Browser sessions and the one-time links that open them. Only hashes of tokens are stored. */
export type SessionsRepository = {
  readonly makeLink: (link: {
    readonly tokenHash: string;
    readonly apiKeyId: string;
    readonly expiresAt: Date;
    /** The session that requests the link; null for an API key. */
    readonly sessionHash: string | null;
  }) => Promise<void>;
  /** Uses the link and returns its maker. Null if the link is unknown, used or expired, or if its session has ended. */
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
  /** Null if the session is unknown, expired or revoked, if its API key is revoked, or if its parent has ended. */
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
  /** Ends the session and the sessions that its links have opened. Notifies holders of sockets. */
  readonly revoke: (tokenHash: string, at: Date) => Promise<void>;
  readonly purge: (expiredBefore: Date) => Promise<void>;
};
