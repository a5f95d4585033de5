import { endOf, nextDue, stopOf } from './advance.ts';
import { decideCreate, type CreateRequest } from './create.ts';
import type { EntryBody, LedgerEntry } from './entries.ts';
import { seededDraw } from './random.ts';
import { Refusal } from './refusals.ts';
import { apply, type CloudState, type Instance } from './state.ts';
import type { World } from './world.ts';

/** Events from outside. */
export type CloudEvent =
  | { readonly kind: 'create'; readonly request: CreateRequest; readonly boots: boolean }
  | { readonly kind: 'terminate'; readonly instanceId: string }
  /**
   * Takes an instance back: `noticeSeconds` after a notice, or at once when null. `recorded` false: without a recorded
   * reason.
   */
  | {
      readonly kind: 'preempt';
      readonly instanceId: string;
      readonly noticeSeconds: number | null;
      readonly recorded: boolean;
    }
  /** All processes of the machine have ended. */
  | { readonly kind: 'powered-off'; readonly instanceId: string }
  /** A setting or a note, written to the ledger unchanged. */
  | { readonly kind: 'note'; readonly body: Noted }
  /** Time has passed. */
  | { readonly kind: 'tick' };

type Noted = Extract<
  EntryBody,
  {
    kind:
      | 'script-step'
      | 'state-broken'
      | 'silenced'
      | 'faults-set'
      | 'faults-added'
      | 'fault-fired'
      | 'key-expiry-set'
      | 'capacity-set'
      | 'quota-set'
      | 'price-set';
  }
>;

export type Turn = {
  readonly state: CloudState;
  /** Entries to write to the ledger. */
  readonly entries: readonly LedgerEntry[];
  /** The instance that a create made, or had made before. */
  readonly instanceId: string | null;
  readonly refusal: Refusal | null;
};

/**
 * The whole cloud as a function: first applies the events that are due, then `event`. The returned state replaces
 * `state`, whose tables are changed in place. The same state, event and time give the same turn.
 */
export function takeTurn(world: World, state: CloudState, event: CloudEvent, nowMs: number): Turn {
  const turn = new TurnInProgress(world, state);
  turn.advance(nowMs);
  const atMs = Math.max(nowMs, turn.state.lastMs);
  try {
    const instanceId = turn.handle(event, atMs);
    turn.advance(atMs);
    return { state: turn.state, entries: turn.entries, instanceId, refusal: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { state: turn.state, entries: turn.entries, instanceId: null, refusal: error };
  }
}

class TurnInProgress {
  readonly entries: LedgerEntry[] = [];
  readonly #world: World;
  state: CloudState;

  constructor(world: World, state: CloudState) {
    this.#world = world;
    this.state = state;
  }

  advance(nowMs: number): void {
    for (;;) {
      const due = nextDue(this.#world, this.state, this.#draw);
      if (due === null || due.atMs > nowMs) return;
      this.#write(due.body, due.atMs);
    }
  }

  handle(event: CloudEvent, atMs: number): string | null {
    switch (event.kind) {
      case 'tick':
        return null;
      case 'create': {
        const decided = decideCreate(this.#world, this.state, event.request, atMs, this.#draw, event.boots);
        if ('made' in decided) return decided.made.instanceId;
        this.#write(decided.entry, atMs);
        return decided.entry.instanceId;
      }
      case 'terminate':
        return this.#stop(this.#find(event.instanceId), atMs);
      case 'preempt':
        return this.#preempt(this.#find(event.instanceId), event, atMs);
      case 'powered-off':
        return this.#powerOff(this.#find(event.instanceId), atMs);
      case 'note':
        if ('instanceId' in event.body) this.#find(event.body.instanceId);
        this.#write(event.body, atMs);
        return null;
      default:
        return event satisfies never;
    }
  }

  /** Terminating twice, or after the end, has no effect. */
  #stop(instance: Instance, atMs: number): string {
    const { instanceId, stopping, ended } = instance;
    if (stopping === null && ended === null) {
      this.#write(stopOf(this.#world, instanceId, 'request', atMs, this.#draw), atMs);
    }
    return instanceId;
  }

  #preempt(
    { instanceId, stopping, ended }: Instance,
    event: Extract<CloudEvent, { kind: 'preempt' }>,
    atMs: number,
  ): string {
    if (stopping !== null || ended !== null) throw new Refusal('InvalidParameter', `${instanceId} is ending already.`);
    const { noticeSeconds, recorded } = event;
    const endAtMs = atMs + Math.round((noticeSeconds ?? 0) * 1000);
    this.#write(
      { kind: 'fated', instanceId, fate: { endAtMs, noticeAtMs: noticeSeconds === null ? null : atMs, recorded } },
      atMs,
    );
    return instanceId;
  }

  #powerOff(instance: Instance, atMs: number): string {
    const { instanceId, powered, stopping } = instance;
    if (!powered) return instanceId;
    this.#write({ kind: 'powered-off', instanceId }, atMs);
    if (stopping === null) this.#write(endOf(this.#world, instance, atMs), atMs);
    return instanceId;
  }

  #find(instanceId: string): Instance {
    const instance = this.state.instances.get(instanceId);
    if (instance === undefined) throw new Refusal('NotFound', `There is no instance ${instanceId}.`);
    return instance;
  }

  get #draw() {
    return seededDraw(this.state.seed);
  }

  #write(body: EntryBody, atMs: number): void {
    const entry: LedgerEntry = { seq: this.state.lastSeq + 1, atMs, ...body };
    this.state = apply(this.state, entry);
    this.entries.push(entry);
  }
}
