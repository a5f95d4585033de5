import type { Provider } from './provider.ts';

/** Methods that an adapter class implements; the optional ones may be absent. */
type Optional = 'machine' | 'describeMany';
export type Adapter = Required<Omit<Provider, Optional>> & Pick<Provider, Optional>;

type Around = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Turns an adapter into a record of functions, which callers can spread and wrap individually.
 * @param around Wraps each call except `check`, which never throws. An adapter uses it to translate its errors.
 */
export function asProvider(adapter: Adapter, around: Around = (work) => work()): Provider {
  const machine = adapter.machine?.bind(adapter);
  const describeMany = adapter.describeMany?.bind(adapter);
  return {
    name: adapter.name,
    capabilities: adapter.capabilities,
    check: () => adapter.check(),
    catalog: (part) => around(() => adapter.catalog(part)),
    launch: (request) => around(() => adapter.launch(request)),
    describe: (handle) => around(() => adapter.describe(handle)),
    ...(describeMany === undefined ? {} : { describeMany: (handles) => around(() => describeMany(handles)) }),
    list: () => around(() => adapter.list()),
    find: (attemptId) => around(() => adapter.find(attemptId)),
    terminate: (handle) => around(() => adapter.terminate(handle)),
    ...(machine === undefined ? {} : { machine: () => around(machine) }),
    consistencyMs: () => around(() => adapter.consistencyMs()),
    console: (handle) => around(() => adapter.console(handle)),
  };
}
