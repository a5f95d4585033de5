import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore, ProjectPrincipal } from '../../store/types.ts';
import { RecordedTemporal } from '../api/harness.ts';
import { createTestDatabase } from '../setup/database.ts';

export const principal: ProjectPrincipal = { kind: 'key', id: 'key-1', name: 'admin', projectId: 'default' };
export const stranger: ProjectPrincipal = { kind: 'key', id: 'key-2', name: 'stranger', projectId: 'another' };

/** Use cases on a real database and a real folder, called like from an activity, without a request. */
export class AppWorld {
  readonly store: ActingStore;
  readonly storage: ObjectStorage;
  readonly temporal = new RecordedTemporal();
  readonly logger: Logger = pino({ level: 'silent' });
  readonly now = (): Date => new Date();
  readonly close: () => Promise<void>;

  constructor(parts: Pick<AppWorld, 'store' | 'storage' | 'close'>) {
    this.store = parts.store;
    this.storage = parts.storage;
    this.close = parts.close;
  }

  static async make(): Promise<AppWorld> {
    const home = await mkdtemp(join(tmpdir(), 'artenic-app-'));
    const { url, drop } = await createTestDatabase();
    const orm = await openOrm({ databaseUrl: url });
    const store = createStore(orm).as(principal);
    await store.providers.upsert({
      ...{ name: 'local', usable: true, message: '', checkedAt: new Date() },
      capabilities: { spot: false, preemptionNotice: false, idempotencyToken: true, regions: false },
      capacity: { vcpu: 4, memoryGib: 8, gpus: 0, gpuType: null },
    });
    return new AppWorld({
      store,
      storage: createFilesystemStorage({ root: join(home, 'objects') }),
      close: async () => {
        await orm.close(true);
        await drop();
        await rm(home, { recursive: true, force: true });
      },
    });
  }
}
