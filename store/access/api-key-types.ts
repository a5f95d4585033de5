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
  /** An existing id gets the new hash and name: `npm start` keeps the admin key's row equal to its file. */
  readonly upsert: (key: Omit<ApiKeyRecord, 'revokedAt'>) => Promise<void>;
  readonly find: (id: string) => Promise<ApiKeyRecord | null>;
  readonly revoke: (id: string, at: Date) => Promise<void>;
};
