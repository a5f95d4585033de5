import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.ts';
import type { MachineEvents, Machines } from './machines/machines.ts';
import { RunnerMachines } from './machines/runner-machines.ts';
import { ScriptedMachines } from './machines/scripted-machines.ts';
import { nextDue } from './rules/advance.ts';
import { takeTurn, type CloudEvent } from './rules/decide.ts';
import type { LedgerEntry, silenceKinds } from './rules/entries.ts';
import { seededDraw } from './rules/random.ts';
import { scriptSchema, type Script } from './rules/script.ts';
import { apply, emptyState, type CloudState, type Instance } from './rules/state.ts';
import type { World } from './rules/world.ts';

export type CloudOptions = {
  readonly world: World;
  /** Folder of the ledger and the machines. */
  readonly home: string;
  readonly runnerEntry: string;
  readonly nodePath: string;
  /** URL at which machines reach this process; known once it listens. */
  readonly url: () => string;
};

/** Tag with a script for this instance alone. */
export const scriptTag = 'simulated-script';
const longestTimerMs = 2 ** 31 - 1;

/** Runs the cloud in real time: one turn after another, each written to the ledger before its effects follow. */
export class Cloud {
  readonly world: World;
  readonly #options: CloudOptions;
  readonly #ledger: Ledger;
  readonly #folder: string;
  readonly #runners: Machines;
  readonly #scripts: Machines;
  #state: CloudState;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: CloudOptions) {
    const { world, home } = options;
    this.world = world;
    this.#options = options;
    mkdirSync(join(home, 'instances'), { recursive: true, mode: 0o700 });
    this.#folder = realpathSync(join(home, 'instances'));
    const { ledger, entries } = Ledger.open(join(home, 'ledger.jsonl'));
    this.#ledger = ledger;
    this.#state = entries.reduce(apply, emptyState());
    if (entries.length === 0) this.#open();
    const events: MachineEvents = {
      // Deferred: must not run within a turn.
      onOff: (instanceId) => setImmediate(() => this.#note({ kind: 'powered-off', instanceId })),
      onStep: (instanceId, step) => this.#note({ kind: 'note', body: { kind: 'script-step', instanceId, step } }),
    };
    const { runnerEntry, nodePath } = options;
    const metadataUrl = (instanceId: string) =>
      `${options.url()}/metadata/${instanceId}/${this.metadataKey(instanceId)}`;
    this.#runners = new RunnerMachines({ folder: this.#folder, runnerEntry, nodePath, metadataUrl }, events);
    this.#scripts = new ScriptedMachines((instance) => this.#scriptOf(instance) ?? [], this.#state.scale, events);
  }

  #open(): void {
    const { scale, seed } = this.world;
    const originMs = Date.now();
    const entry: LedgerEntry = { seq: 1, atMs: originMs, kind: 'opened', originMs, scale, seed };
    this.#state = apply(this.#state, entry);
    void this.#ledger.append([entry]);
  }

  /** Takes over the instances of an earlier run of this process, and lets time pass. */
  resume(): void {
    for (const instance of this.#state.live.values()) {
      if (!instance.powered) continue;
      this.#machinesOf(instance).start(instance, this.#userDataOf(instance.instanceId));
      if (instance.silence !== null) this.#silence(instance);
      if (instance.stopping !== null) this.#machinesOf(instance).stop(instance.instanceId);
    }
    void this.submit({ kind: 'tick' });
  }

  get state(): CloudState {
    return this.#state;
  }

  /** Milliseconds since 1970 on the cloud's clock, which starts with real time and then runs `scale` times as fast. */
  nowMs(): number {
    const { originMs, scale, lastMs } = this.#state;
    return Math.max(lastMs, Math.floor(originMs + (Date.now() - originMs) * scale));
  }

  /** Resolves when all entries that follow from the event are on the disk; rejects with a `Refusal`. */
  async submit(event: CloudEvent): Promise<Instance | null> {
    if (this.#closed) return null;
    const turn = takeTurn(this.world, this.#state, event, this.nowMs());
    this.#state = turn.state;
    const made = turn.entries.find(({ kind }) => kind === 'created');
    if (event.kind === 'create' && made?.kind === 'created')
      this.#keepUserData(made.instanceId, event.request.userData);
    const written = this.#ledger.append(turn.entries);
    for (const entry of turn.entries) this.#follow(entry);
    this.#setTimer();
    await written;
    if (turn.refusal !== null) throw turn.refusal;
    return turn.instanceId === null ? null : (this.#state.instances.get(turn.instanceId) ?? null);
  }

  /** Submits a machine's event without waiting for it: such events are never refused. */
  #note(event: CloudEvent): void {
    void this.submit(event);
  }

  #setTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const due = nextDue(this.world, this.#state, seededDraw(this.#state.seed));
    if (due === null) return;
    const realMs = Math.ceil((due.atMs - this.nowMs()) / this.#state.scale);
    this.#timer = setTimeout(() => this.#note({ kind: 'tick' }), Math.min(Math.max(realMs, 0), longestTimerMs));
  }

  #follow(entry: LedgerEntry): void {
    const { kind } = entry;
    const followed: readonly LedgerEntry['kind'][] = ['running', 'noticed', 'stopping', 'ended', 'silenced'];
    if (!followed.includes(kind) || !('instanceId' in entry)) return;
    const instance = this.#state.instances.get(entry.instanceId);
    if (instance === undefined) return;
    const { instanceId, powered } = instance;
    const machines = this.#machinesOf(instance);
    if (kind === 'running') machines.start(instance, this.#userDataOf(instanceId));
    else if (kind === 'stopping' && powered) machines.stop(instanceId);
    else if (kind === 'noticed' && this.world.preemption.noticeSignal) machines.notice(instance);
    else if (kind === 'silenced' && powered) this.#silence(instance);
    else if (kind === 'ended') rmSync(this.#userDataFile(instanceId), { force: true });
  }

  #silence(instance: Instance): void {
    const untilMs = instance.silence?.untilMs ?? null;
    const forMs = untilMs === null ? null : Math.max(0, untilMs - this.nowMs()) / this.#state.scale;
    this.#machinesOf(instance).silence(instance, forMs);
  }

  #userDataFile(instanceId: string): string {
    return join(this.#folder, instanceId, 'user-data');
  }

  /** Stored beside the ledger, because the ledger must contain no secrets. */
  #keepUserData(instanceId: string, userData: string): void {
    mkdirSync(join(this.#folder, instanceId), { recursive: true, mode: 0o700 });
    writeFileSync(this.#userDataFile(instanceId), userData, { mode: 0o600 });
  }

  #userDataOf(instanceId: string): string {
    const file = this.#userDataFile(instanceId);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Ends the machine as if it had switched itself off. */
  powerOff(instance: Instance): void {
    this.#machinesOf(instance).stop(instance.instanceId);
  }

  /** Real runners share this computer's network, so a single one cannot be cut off. */
  canSilence(instance: Instance, how: (typeof silenceKinds)[number]): boolean {
    return how === 'stopped' || this.#scriptOf(instance) !== null;
  }

  console(instance: Instance): string {
    return this.#machinesOf(instance).console(instance.instanceId);
  }

  /** Key to the metadata of one instance; only the machine itself gets it. */
  metadataKey(instanceId: string): string {
    return createHmac('sha256', this.world.controlKey).update(instanceId).digest('base64url');
  }

  /** The ledger's file as text. */
  ledgerText(): string {
    return readFileSync(join(this.#options.home, 'ledger.jsonl'), 'utf8');
  }

  /** Ends all machines as if the whole cloud had failed: no reason is recorded for any of them. */
  async endAll(): Promise<void> {
    for (const { instanceId, stopping } of [...this.#state.live.values()]) {
      if (stopping === null) await this.submit({ kind: 'preempt', instanceId, noticeSeconds: null, recorded: false });
    }
    while (!this.#closed && [...this.#state.live.values()].some(({ powered }) => powered)) await sleep(20);
  }

  /** Closes everything without ending it: machines keep running, and the next run of this process finds them. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#runners.close();
    this.#scripts.close();
    await this.#ledger.close();
  }

  #machinesOf(instance: Instance): Machines {
    return this.#scriptOf(instance) === null ? this.#runners : this.#scripts;
  }

  #scriptOf({ tags }: Instance): Script | null {
    const own = tags[scriptTag];
    if (own !== undefined) return scriptSchema.parse(JSON.parse(own));
    const { machine } = this.world;
    return machine.kind === 'scripted' ? machine.script : null;
  }
}
