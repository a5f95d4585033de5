import type { z } from 'zod';
import { limitProvider } from './limited.ts';
import type { Provider, ProviderCapabilities } from './provider.ts';
import type { RunnerPrograms } from './boot/runner-programs.ts';

/** What the process that serves a provider has for its adapter. */
export type ProviderParts = {
  /** ARTENIC_HOME, absolute. */
  readonly home: string;
  /** Marks our instances at every cloud. */
  readonly namespace: string;
  /** URL of the API as instances reach it. */
  readonly apiUrl: string;
  /** The runner's program, for instances on this machine. */
  readonly runnerEntry: string;
  /** What rented machines run; made on first use. */
  readonly programs: () => Promise<RunnerPrograms>;
};

/** How many activities of each kind all workers together begin in a second; null: the provider sets no limit. */
export type ProviderRates = {
  readonly launchesPerSecond: number | null;
  /** Looks, ends, sweeps. Looks at many machines share their requests, so that this is no number of requests. */
  readonly lifecyclePerSecond: number | null;
};

/** What is known of a provider without its adapter: light, and the same in every process. */
export type ProviderDescriptor = {
  readonly name: string;
  /** For an operator: how it is made available. */
  readonly configuredBy: string;
  /** Its page, by its path from the root. */
  readonly documentation: string;
  readonly capabilities: ProviderCapabilities;
  /** How often each of its machines is looked at. What a runner says comes by another way and sooner. */
  readonly watchIntervalMs: number;
  /** How long a machine may take from its launch to its runner's hello. */
  readonly helloWithinMs: number;
  /** Its instances are processes of the worker's machine, and see its files. */
  readonly sharesMachineFiles: boolean;
};

export type ConfiguredProvider = {
  readonly rates: ProviderRates;
  /** Loads the adapter, and with it what its vendor provides. Each of its calls has an end (`limited.ts`). */
  readonly create: (parts: ProviderParts) => Promise<Provider>;
};

export type ProviderModule = ProviderDescriptor & {
  /** Its options, which are environment variables. */
  readonly optionNames: readonly string[];
  /** Null when the environment does not configure it. Throws one error that names every wrong option. */
  readonly configure: (environment: Readonly<Record<string, string | undefined>>) => ConfiguredProvider | null;
};

/** One folder's word about itself; everything else reads it through the registry. */
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

/** Empty is absent: compose files pass on what nobody has set. */
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
