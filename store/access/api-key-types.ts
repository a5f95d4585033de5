export type ApiKeyRecord = {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly role: 'admin';
  readonly projectId: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
};

export type ApiKeysRepository = {
  /** The same id again replaces hash and name: `npm start` keeps the admin key's row true to its file. */
  readonly upsert: (key: Omit<ApiKeyRecord, 'revokedAt'>) => Promise<void>;
  readonly find: (id: string) => Promise<ApiKeyRecord | null>;
  readonly revoke: (id: string, at: Date) => Promise<void>;
};
