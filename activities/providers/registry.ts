import type { ProviderModule } from './module.ts';
import * as modules from './modules.ts';

/** Every provider that has an adapter, by name. Importing this loads none of the adapters. */
export const providerModules: ReadonlyMap<string, ProviderModule> = new Map(
  Object.values(modules).map((module) => [module.name, module]),
);
