/** Every provider, one line each: `registry.ts` is the list of what is exported here. */
export { aws } from './aws/index.ts';
export { local } from './local/index.ts';
export { simulated } from './simulated/index.ts';
