import { ArtenicError, isArtenicError } from '../core/errors.ts';
import type { Offer } from '../core/failover/types.ts';
import { maskCredentials } from '../core/secrets.ts';
import { bootstrapTokenOf } from '../store/tokens.ts';
import type { InstanceEvidence, ProviderActivities } from './contract.ts';
import type { ProviderDeps, RunnerSettings } from './deps.ts';
import { withFailures } from './failures.ts';
import { needsOf } from '../core/capacity/needs.ts';
import type {
  InstanceBootstrap,
  InstanceDescription,
  InstanceHandle,
  LaunchRequest,
  Provider,
} from './providers/provider.ts';

const maxLineLength = 500;

export function createProviderActivities(deps: ProviderDeps): ProviderActivities {
  return withFailures<ProviderActivities>({
    launchInstance: ({ attemptId, offer }) => launchInstance(deps, attemptId, offer),
    watchInstance: ({ handle }) => watchInstance(deps, handle),
    terminateInstance: (input) => terminateInstance(deps, input),
  });
}

function providerOf({ providers }: ProviderDeps, name: string): Provider {
  const provider = providers.get(name);
  if (provider === undefined) throw new ArtenicError('unavailable', `This worker does not serve the provider ${name}.`);
  return provider;
}

async function launchInstance(deps: ProviderDeps, attemptId: string, offer: Offer): Promise<InstanceHandle> {
  const { store, runner, now } = deps;
  const { jobId, attempt, ending, state, handle: known } = await store.attempts.get(attemptId);
  if (ending !== null) throw new ArtenicError('conflict', `${attemptId} has ended: ${ending.message}`);
  if (known !== null) return known;
  await store.attempts.advance(attemptId, 'launching', now());
  const { spec } = await store.jobs.transition(jobId, 'provisioning');
  const bootstrap = bootstrapOf(runner, { attemptId, jobId, attempt });
  const request = { attemptId, offer, needs: needsOf(spec), bootstrap, mayExist: state !== 'waiting' };
  const handle = await launchOrAdopt(providerOf(deps, offer.provider), request);
  await store.attempts.setHandle(attemptId, handle);
  await store.attempts.advance(attemptId, 'starting', now());
  return handle;
}

function bootstrapOf(
  { apiUrl, endpointsFile, storage, keyPepper, heartbeatIntervalMs, shipIntervalMs }: RunnerSettings,
  identity: { readonly attemptId: string; readonly jobId: string; readonly attempt: number },
): InstanceBootstrap {
  return {
    ...identity,
    apiUrl,
    ...(endpointsFile === null ? {} : { endpointsFile }),
    bootstrapToken: bootstrapTokenOf(keyPepper, identity.attemptId),
    storage,
    heartbeatIntervalMs,
    shipIntervalMs,
  };
}

/** A launch with an unknown outcome is looked up before anything else; not found yet, the server asks again. */
async function launchOrAdopt(provider: Provider, request: LaunchRequest): Promise<InstanceHandle> {
  try {
    return await provider.launch(request);
  } catch (error) {
    if (!isArtenicError(error, 'unknown-outcome')) throw error;
    const made = await findByAttempt(provider, request.attemptId);
    if (made === null) throw error;
    return made.handle;
  }
}

async function findByAttempt(provider: Provider, attemptId: string): Promise<InstanceDescription | null> {
  const instances = await provider.list();
  return instances.find(({ handle }) => handle.attemptId === attemptId) ?? null;
}

/** Null when the provider does not know it: its record went with it, and says nothing of how it ended. */
async function describeIfKnown(provider: Provider, handle: InstanceHandle): Promise<InstanceDescription | null> {
  try {
    return await provider.describe(handle);
  } catch (error) {
    if (isArtenicError(error, 'not-found')) return null;
    throw error;
  }
}

async function watchInstance(deps: ProviderDeps, handle: InstanceHandle): Promise<InstanceEvidence> {
  const provider = providerOf(deps, handle.provider);
  const instance = await describeIfKnown(provider, handle);
  if (instance === null) return { endedBy: 'unknown', endedAt: null };
  if (instance.state !== 'gone') {
    throw new ArtenicError('not-ready', `The instance ${handle.instanceId} is ${instance.state}.`);
  }
  const { endedBy, endedAt } = instance;
  const lastLine = endedBy === 'itself' ? lastLineOf(await provider.console(handle)) : undefined;
  return { endedBy: endedBy ?? 'unknown', endedAt, ...(lastLine === undefined ? {} : { lastLine }) };
}

/** The last line that is no stack frame and no farewell of Node's. */
function lastLineOf(console: string): string | undefined {
  const lines = console.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('Node.js v'));
  const last = lines.at(-1)?.trim();
  return last === undefined ? undefined : maskCredentials(last).slice(0, maxLineLength);
}

async function terminateInstance(
  deps: ProviderDeps,
  { attemptId, provider: name, handle }: Parameters<ProviderActivities['terminateInstance']>[0],
): Promise<void> {
  const provider = providerOf(deps, name);
  const target =
    handle ?? (await deps.store.attempts.get(attemptId)).handle ?? (await findByAttempt(provider, attemptId))?.handle;
  if (target === undefined) return;
  await provider.terminate(target);
  const left = await describeIfKnown(provider, target);
  if (left === null || left.state === 'gone') return;
  throw new ArtenicError('not-ready', `The instance ${target.instanceId} is ${left.state}.`);
}
