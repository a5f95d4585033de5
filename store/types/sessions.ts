import type { Principal } from './jobs.ts';

/** Browser sessions and the one-time links that open them. Of tokens only hashes come here. */
export type SessionsRepository = {
  readonly makeLink: (link: {
    readonly tokenHash: string;
    readonly apiKeyId: string;
    readonly expiresAt: Date;
  }) => Promise<void>;
  /** The key behind the link, once: null for one that is unknown, used or too old. */
  readonly takeLink: (tokenHash: string, at: Date) => Promise<string | null>;
  readonly open: (session: {
    readonly tokenHash: string;
    readonly apiKeyId: string;
    readonly createdAt: Date;
    readonly expiresAt: Date;
  }) => Promise<void>;
  /** Null when it is unknown, too old or revoked, or when its API key is revoked. */
  readonly find: (tokenHash: string, at: Date) => Promise<(Principal & { readonly expiresAt: Date }) | null>;
  readonly revoke: (tokenHash: string, at: Date) => Promise<void>;
  readonly purge: (expiredBefore: Date) => Promise<void>;
};
