import { AsyncLocalStorage } from 'node:async_hooks';
import { ArtenicError } from '../core/errors.ts';

const scope = new AsyncLocalStorage<'open'>();

export function inTransactionScope<T>(work: () => Promise<T>): Promise<T> {
  return scope.run('open', work);
}

/**
 * A port to another server that refuses calls while the caller has an open database transaction: the other server
 * determines how long its calls take, and would keep the transaction's connection and row locks for that time.
 */
export function outsideTransactions<P extends object>(name: string, port: P): P {
  return new Proxy(port, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        if (scope.getStore() === 'open')
          throw new ArtenicError('internal', `${name}.${String(property)} was called inside a database transaction.`);
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}
