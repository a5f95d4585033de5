/** Every provider, one line each. `registry.ts` builds its list from these exports. */
export { aws } from './aws/index.ts';
export { local } from './local/index.ts';
export { simulated } from './simulated/index.ts';
