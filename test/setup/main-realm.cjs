// Jest's `expect` runs in a realm of its own, and tests in Node's. Gives `expect` Node's constructors, so that
// `expect.any(String)` means what a test means. Runs before each file, through jest's `setupFiles`.
const { runInThisContext } = require('node:vm');

const main = runInThisContext('globalThis');
for (const name of Object.getOwnPropertyNames(main)) {
  // A getter may have effects, so it is not called: constructors are plain values.
  const value = Object.getOwnPropertyDescriptor(main, name)?.value;
  if (typeof value === 'function' && typeof value.prototype === 'object') globalThis[name] = value;
}
