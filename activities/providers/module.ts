import type { z } from 'zod';
import { limitProvider } from './limited.ts';
import type { Provider, ProviderCapabilities } from './provider.ts';
import type { RunnerPrograms } from './boot/runner-programs.ts';

/** Values that a worker passes to the adapter of a provider it serves. */
export type ProviderParts = {
  /** ARTENIC_HOME, absolute. */
  readonly home: string;
  /** Marks this installation's instances at every cloud. */
  readonly namespace: string;
  /** URL of the API as instances reach it. */
  readonly apiUrl: string;
  /** Path of the runner's program, for instances on this machine. */
  readonly runnerEntry: string;
  /** Programs that rented machines download; built on first use. */
  readonly programs: () => Promise<RunnerPrograms>;
};

/** Activities of each kind that all workers together may start per second; null: the provider sets no limit. */
export type ProviderRates = {
  readonly launchesPerSecond: number | null;
  /** Describe, terminate and sweep activities. The number of requests is lower, because describes share requests. */
  readonly lifecyclePerSecond: number | null;
};

/** Facts about a provider that need no adapter: cheap to import and the same in every process. */
export type ProviderDescriptor = {
  readonly name: string;
  /** Tells an operator how to make the provider available. */
  readonly configuredBy: string;
  /** Path of the provider's documentation page, relative to the repository root. */
  readonly documentation: string;
  readonly capabilities: ProviderCapabilities;
  /** Interval at which each machine's state is read, in milliseconds. Runner reports arrive separately and sooner. */
  readonly watchIntervalMs: number;
  /** Maximum time from an instance's launch to its runner's hello, in milliseconds. */
  readonly helloWithinMs: number;
  /** True if instances are processes on the worker's machine and can read its files. */
  readonly sharesMachineFiles: boolean;
  /** Command of the provider's own CLI that ends an instance; absent if the provider has no CLI. */
  readonly endCommand?: (instance: { readonly instanceId: string; readonly region: string }) => string;
};

export type ConfiguredProvider = {
  readonly rates: ProviderRates;
  /** Loads the adapter and its vendor's SDK. Every call of the returned provider has a time limit (`limited.ts`). */
  readonly create: (parts: ProviderParts) => Promise<Provider>;
};

export type ProviderModule = ProviderDescriptor & {
  /** Names of the provider's options, which are environment variables. */
  readonly optionNames: readonly string[];
  /** Null if the environment does not configure the provider. Throws one error that names every invalid option. */
  readonly configure: (environment: Readonly<Record<string, string | undefined>>) => ConfiguredProvider | null;
};

/** Defines the provider of one folder. All other code reads it through the registry. */
export function defineProvider<Schema extends z.ZodObject>(
  definition: ProviderDescriptor & {
    readonly configSchema: Schema;
    readonly isConfigured: (config: z.output<Schema>) => boolean;
    readonly rates: (config: z.output<Schema>) => ProviderRates;
    readonly create: (config: z.output<Schema>, parts: ProviderParts) => Promise<Provider>;
  },
): ProviderModule {
  const { configSchema, isConfigured, rates, create, ...descriptor } = definition;
  return {
    ...descriptor,
    optionNames: Object.keys(configSchema.shape),
    configure: (environment) => {
      const config = readOptions(configSchema, environment);
      if (!isConfigured(config)) return null;
      return { rates: rates(config), create: async (parts) => limitProvider(await create(config, parts)) };
    },
  };
}

/** Treats empty variables as absent, because compose files pass unset variables on as empty strings. */
function readOptions<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const parsed = schema.safeParse(Object.fromEntries(present));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The configuration is wrong:\n${lines.join('\n')}`);
}
