import type { ProviderModule } from './module.ts';
import * as modules from './modules.ts';

/** Every provider there is an adapter for, by name. None of the adapters is loaded by this. */
export const providerModules: ReadonlyMap<string, ProviderModule> = new Map(
  Object.values(modules).map((module) => [module.name, module]),
);
