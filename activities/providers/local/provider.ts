import { mkdir, readdir, realpath, access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { fits, noCapacity } from '../../../core/capacity/grant.ts';
import { ArtenicError, isArtenicError, messageOf } from '../../../core/errors.ts';
import { localMachineOf } from '../../../core/instance-ref.ts';
import type { CatalogOffer } from '../../../core/catalog/catalog.ts';
import { asProvider, type Adapter } from '../as-provider.ts';
import type { InstanceDescription, InstanceHandle, LaunchRequest, Provider, ProviderCheck } from '../provider.ts';
import { errorCode, isSystemCode } from '../../error-code.ts';
import { readTail, writeOnce } from './files.ts';
import { attemptIdIn, instanceOf, isThere, providerName, readEnded, type Instance } from './instance.ts';
import { describeAs, describeInstance, recordOrNone, terminateInstance } from './lifecycle.ts';
import { describeMachine, machineReader, type Machine } from './machine.ts';
import { machineOfHome } from './home-machine.ts';
import { capabilities, instanceType, ownOffer } from './offers.ts';
import { processTable, type ProcessTable } from './processes.ts';
import { salvage } from './salvage.ts';
import { spawnRunner, type RunnerProgram } from './spawn-runner.ts';

export type LocalProviderOptions = {
  /** Folder whose subfolder `instances` holds the instances. */
  readonly home: string;
  /** The runner's program: `runner/main.ts`, or its bundle. Its argument is the path of its bootstrap file. */
  readonly runnerEntry: string;
  readonly nodePath: string;
  /** Shared by all instances. */
  readonly cacheDir: string;
  /** Cores that jobs may use; all cores of the machine by default. */
  readonly vcpu?: number;
  /** Program that lists GPUs. */
  readonly nvidiaSmi?: string;
  /** Access to processes; this machine's process table by default. */
  readonly table?: ProcessTable;
  /** Maximum time until a started instance writes its record; 15 s by default. */
  readonly launchTimeoutMs?: number;
};

const consoleBytes = 64 * 1024;

/** Provider of this machine. An instance is the runner's process with all its descendants. */
export function createLocalProvider(options: LocalProviderOptions): Provider {
  return asProvider(new LocalProvider(options), translated);
}

/** Converts errors of the file system and of `fork` to `transient`. Programming errors stay unchanged. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (isArtenicError(error) || !isSystemCode(code)) throw error;
    throw new ArtenicError('transient', `This machine refuses: ${messageOf(error)}`, { cause: error });
  }
}

class LocalProvider implements Adapter {
  readonly name = providerName;
  readonly capabilities = capabilities;
  readonly #options: LocalProviderOptions;
  readonly #program: RunnerProgram;
  readonly #machine: () => Promise<Machine>;
  readonly #table: ProcessTable;
  #homeMachine: Promise<string> | null = null;

  constructor(options: LocalProviderOptions) {
    const { nodePath, runnerEntry, launchTimeoutMs = 15_000, nvidiaSmi = 'nvidia-smi', vcpu } = options;
    this.#options = options;
    this.#table = options.table ?? processTable();
    this.#program = { nodePath, runnerEntry, launchTimeoutMs };
    this.#machine = machineReader({ vcpu, nvidiaSmi });
  }

  consistencyMs(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Forgets a failure, because its cause may be temporary, such as a full disk. */
  async machine(): Promise<string> {
    this.#homeMachine ??= machineOfHome(this.#options.home);
    try {
      return await this.#homeMachine;
    } catch (error) {
      this.#homeMachine = null;
      throw error;
    }
  }

  async check(): Promise<ProviderCheck> {
    try {
      const machine = await this.#machine();
      await access(await this.#instancesFolder(), constants.W_OK);
      await access(this.#program.runnerEntry, constants.R_OK);
      await access(this.#program.nodePath, constants.X_OK);
      const { vcpu, memoryGib, gpus, gpuType } = machine;
      return { usable: true, message: describeMachine(machine), capacity: { vcpu, memoryGib, gpus, gpuType } };
    } catch (error) {
      return {
        usable: false,
        message: `This machine cannot be used: ${messageOf(error)}`,
        capacity: null,
        problem: 'refused',
      };
    }
  }

  async catalog(): Promise<readonly CatalogOffer[]> {
    const { vcpu, memoryGib, gpus, gpuType } = await this.#machine();
    return [{ ...ownOffer, resources: { vcpu, memoryGib, gpus, gpuType } }];
  }

  async launch({ attemptId, offer, needs, bootstrap }: LaunchRequest): Promise<InstanceHandle> {
    refuseBadId(attemptId);
    const instance = await this.#instance(attemptId);
    const { files, folder, handle } = instance;
    if ((await isThere(files.ended)) || (await isThere(files.record))) return handle;
    if (offer.provider !== providerName || offer.instanceType !== instanceType || offer.spot) {
      throw new ArtenicError(
        'invalid-request',
        `This machine has no ${offer.provider} ${offer.instanceType} to offer.`,
      );
    }
    const machine = await this.#machine();
    if (!fits(needs, noCapacity, machine)) {
      throw new ArtenicError('invalid-request', `The job is too large for this machine: ${describeMachine(machine)}`);
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeOnce(files.identity, JSON.stringify({ attemptId }));
    const { cacheDir } = this.#options;
    writeWhole(files.bootstrap, JSON.stringify({ ...bootstrap, workDir: files.work, cacheDir }));
    await mkdir(files.work, { recursive: true, mode: 0o700 });
    await spawnRunner(instance, this.#program);
    return handle;
  }

  async describe(handle: InstanceHandle): Promise<InstanceDescription> {
    const instance = await this.#find(handle);
    const description = instance === null ? null : await describeInstance(instance, this.#table);
    if (description === null) throw notFound(handle);
    return description;
  }

  async list(): Promise<readonly InstanceDescription[]> {
    const instancesFolder = await this.#instancesFolder();
    const found: InstanceDescription[] = [];
    for (const name of await readdir(instancesFolder)) {
      const attemptId = await attemptIdIn(join(instancesFolder, name));
      if (attemptId === null) continue;
      const description = await this.#describeForList(instanceOf(instancesFolder, attemptId, await this.machine()));
      if (description !== null && description.state !== 'gone') found.push(description);
    }
    return found;
  }

  async find(attemptId: string): Promise<InstanceDescription | null> {
    return this.#describeForList(await this.#instance(attemptId));
  }

  /**
   * Describes an instance without failing the whole list. For an invalid record, the instance's processes decide. An
   * instance in another container counts as running; that container's worker is responsible for it.
   */
  async #describeForList(instance: Instance): Promise<InstanceDescription | null> {
    if ((await isThere(instance.files.record)) && (await recordOrNone(instance)) === null) {
      const isAlive = (await this.#table.find(instance)).length > 0;
      return isAlive && (await readEnded(instance)) === null ? describeAs(instance, 'running') : null;
    }
    try {
      return await describeInstance(instance, this.#table);
    } catch (error) {
      if (isArtenicError(error, 'transient')) return describeAs(instance, 'running');
      throw error;
    }
  }

  async terminate(handle: InstanceHandle): Promise<void> {
    const instance = await this.#find(handle);
    if (instance === null) return;
    await terminateInstance(instance, this.#table);
    if ((await readEnded(instance)) !== null) await salvage(instance, this.#program);
  }

  async console(handle: InstanceHandle): Promise<string> {
    const instance = await this.#find(handle);
    if (instance === null || !(await isThere(instance.files.identity))) throw notFound(handle);
    return readTail(instance.files.log, consoleBytes);
  }

  /** Resolves symbolic links, so that the processes' marks do not depend on the path used for the home. */
  async #instancesFolder(): Promise<string> {
    const folder = join(this.#options.home, 'instances');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return realpath(folder);
  }

  async #instance(attemptId: string): Promise<Instance> {
    return instanceOf(await this.#instancesFolder(), attemptId, await this.machine());
  }

  /** Null for a handle of another provider, or one that does not match its attempt. */
  async #find({ provider, attemptId, instanceId, region }: InstanceHandle): Promise<Instance | null> {
    const machine = localMachineOf(region);
    if (machine !== null && machine !== (await this.machine()))
      throw new ArtenicError('transient', `${attemptId} is on ${machine}, which another worker serves.`);
    const instance = await this.#instance(attemptId);
    return provider === providerName && instance.handle.instanceId === instanceId ? instance : null;
  }
}

function notFound({ instanceId }: InstanceHandle): ArtenicError {
  return new ArtenicError('not-found', `There is no instance ${instanceId} on this machine.`);
}

/** Refuses an id that an environment variable cannot hold unchanged. */
function refuseBadId(attemptId: string): void {
  if (attemptId !== '' && attemptId.isWellFormed() && !attemptId.includes('\0')) return;
  throw new ArtenicError('invalid-request', `${JSON.stringify(attemptId)} cannot be the id of an attempt.`);
}
