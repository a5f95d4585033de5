import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { takeTurn, type CloudEvent } from '../../simulated-cloud/rules/decide.ts';
import { defaultWorld } from '../../simulated-cloud/rules/default-world.ts';
import { entrySchema, type LedgerEntry } from '../../simulated-cloud/rules/entries.ts';
import { judge, judgeQuestionSchema } from '../../simulated-cloud/rules/judge.ts';
import { billedTime, costOf, priceNow } from '../../simulated-cloud/rules/prices.ts';
import { apply, emptyState, type CloudState } from '../../simulated-cloud/rules/state.ts';
import { worldSchema, type World, type WorldInput } from '../../simulated-cloud/rules/world.ts';

const originMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;

function makeWorld(options: Partial<WorldInput> = {}): World {
  const keys = [{ id: 'default', key: 'a key of sixteen' }];
  return worldSchema.parse({ ...defaultWorld, keys, controlKey: 'a control key of its own', ...options });
}

/** The cloud's rules without a server: turns, and the ledger entries that they write. */
class Table {
  readonly world: World;
  state: CloudState;
  readonly ledger: LedgerEntry[];
  nowMs = originMs;

  constructor(options: Partial<WorldInput> = {}) {
    this.world = makeWorld(options);
    const { scale, seed } = this.world;
    const opened: LedgerEntry = { seq: 1, atMs: originMs, kind: 'opened', originMs, scale, seed };
    this.ledger = [opened];
    this.state = apply(emptyState(), opened);
  }

  turn(event: CloudEvent): ReturnType<typeof takeTurn> {
    const turn = takeTurn(this.world, this.state, event, this.nowMs);
    this.state = turn.state;
    this.ledger.push(...turn.entries);
    return turn;
  }

  create(name: string, options: { spot?: boolean; zone?: string; token?: string; type?: string } = {}) {
    const { spot = false, zone, token, type = 'cpu-2' } = options;
    const request = {
      ...{ name, region: 'eu-north', instanceType: type, spot, tags: { 'artenic-attempt': name }, userData: '' },
      ...(zone === undefined ? {} : { zone }),
      ...(token === undefined ? {} : { clientToken: token }),
    };
    return this.turn({ kind: 'create', request, boots: true });
  }

  instance(id: string | null) {
    const found = this.state.instances.get(id ?? '');
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.turn({ kind: 'tick' });
  }
}

const still = { spotPrices: null, bootSeconds: [0, 0], preemption: {} } satisfies Partial<WorldInput>;

/** Any request to a cloud, about existing or missing instances. */
const actions = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 * hourMs })),
    what: fc.constantFrom('create', 'create-spot', 'terminate', 'preempt', 'vanish', 'power-off', 'tick'),
    which: fc.nat(8),
  }),
  { maxLength: 60 },
);
type Action = { readonly waitMs: number; readonly what: string; readonly which: number };

function play(table: Table, actions: readonly Action[]): void {
  for (const { waitMs, what, which } of actions) {
    table.nowMs += waitMs;
    const ids = [...table.state.instances.keys()];
    const instanceId = ids[which % Math.max(1, ids.length)] ?? 'i-none';
    if (what === 'create' || what === 'create-spot') table.create(`name-${which}`, { spot: what === 'create-spot' });
    else if (what === 'terminate') table.turn({ kind: 'terminate', instanceId });
    else if (what === 'preempt') table.turn({ kind: 'preempt', instanceId, noticeSeconds: 30, recorded: true });
    else if (what === 'vanish') table.turn({ kind: 'preempt', instanceId, noticeSeconds: null, recorded: false });
    else if (what === 'power-off') table.turn({ kind: 'powered-off', instanceId });
    else table.turn({ kind: 'tick' });
  }
}

describe('whatever happens to it, the cloud', () => {
  const worlds = fc.constantFrom<Partial<WorldInput>>(
    {},
    { duplicateNames: 'refused', clientTokens: 'honoured', stopSeconds: [5, 90] },
    { zoneCapacity: 2, quotas: { spotVcpu: 6, onDemandVcpu: 6 }, preemption: { meanHours: 1, disappearShare: 0.5 } },
    { trace: { gapSeconds: 600, zones: { 'eu-north-a': [3, 0, 1, 2], 'eu-north-b': [1], 'eu-north-c': [0, 2] } } },
  );

  test('is nothing but the sum of its ledger, which keeps its numbers and its time', () => {
    fc.assert(
      fc.property(worlds, actions, (options, played) => {
        const table = new Table(options);
        play(table, played);
        const read = table.ledger.map((entry) => entrySchema.parse(JSON.parse(JSON.stringify(entry))));
        expect(read.reduce(apply, emptyState())).toEqual(table.state);
        expect(read.map(({ seq }) => seq)).toEqual(read.map((_, index) => index + 1));
        expect(read.every(({ atMs }, index) => index === 0 || atMs >= (read[index - 1]?.atMs ?? 0))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('ends every instance once, bills exactly what ran, and forgets none', () => {
    fc.assert(
      fc.property(worlds, actions, (options, played) => {
        const table = new Table(options);
        play(table, played);
        for (const { instanceId } of [...table.state.live.values()]) {
          table.turn({ kind: 'terminate', instanceId });
          table.turn({ kind: 'powered-off', instanceId });
        }
        table.wait(hourMs);
        expect(table.state.live.size).toBe(0);
        const ends = table.ledger.filter(({ kind }) => kind === 'ended');
        expect(ends).toHaveLength(table.state.instances.size);
        for (const { runningAtMs, ended, createdAtMs, priceUsdMicrosPerHour } of table.state.instances.values()) {
          expect(ended?.atMs).toBeGreaterThanOrEqual(createdAtMs);
          const billedMs = runningAtMs === null ? 0 : billedTime((ended?.atMs ?? 0) - runningAtMs, table.world);
          expect(ended).toMatchObject({ billedMs, costUsdMicros: costOf(priceUsdMicrosPerHour, billedMs) });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('does the same again for the same seed, and something else for another', () => {
    const live = (seed: number) => {
      const table = new Table({ seed, preemption: { meanHours: 5 } });
      for (let n = 0; n < 20; n++) table.create(`job-${n}`, { spot: true });
      table.wait(100 * hourMs);
      return table.ledger.map((entry) => JSON.stringify({ ...entry, seed: 0 }));
    };
    expect(live(7)).toEqual(live(7));
    expect(live(7)).not.toEqual(live(8));
  });

  test('never holds more than its capacity and its quotas allow', () => {
    fc.assert(
      fc.property(actions, (played) => {
        const table = new Table({ zoneCapacity: 2, quotas: { spotVcpu: 6, onDemandVcpu: 4 }, preemption: {} });
        for (const action of played) {
          play(table, [action]);
          const live = [...table.state.live.values()];
          const vcpu = (spot: boolean) => live.filter((one) => one.spot === spot).length * 2;
          expect(vcpu(true)).toBeLessThanOrEqual(6);
          expect(vcpu(false)).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('the cloud', () => {
  test('refuses what it does not have, each with a word of its own', () => {
    const table = new Table({ ...still, zoneCapacity: 1, quotas: { onDemandVcpu: 4 }, duplicateNames: 'refused' });
    const codeOf = (turn: { refusal: { code: string } | null }) => turn.refusal?.code ?? null;
    expect(codeOf(table.create('one', { zone: 'eu-north-a' }))).toBeNull();
    expect(codeOf(table.create('one'))).toBe('NameTaken');
    expect(codeOf(table.create('two', { zone: 'eu-north-a' }))).toBe('InsufficientCapacity');
    expect(codeOf(table.create('two'))).toBeNull();
    expect(codeOf(table.create('three'))).toBe('QuotaExceeded');
    expect(codeOf(table.create('three', { type: 'x-1' }))).toBe('InvalidParameter');
    expect(codeOf(table.create('three', { zone: 'mars-a' }))).toBe('InvalidParameter');
    expect(codeOf(table.turn({ kind: 'terminate', instanceId: 'i-none' }))).toBe('NotFound');
  });

  test('makes one instance of one client token only where it honours them', () => {
    const honours = new Table({ ...still, clientTokens: 'honoured' });
    expect(honours.create('a', { token: 't' }).instanceId).toBe(honours.create('a', { token: 't' }).instanceId);
    const ignores = new Table(still);
    expect(ignores.create('a', { token: 't' }).instanceId).not.toBe(ignores.create('a', { token: 't' }).instanceId);
  });

  test('warns before it takes back, and says why', () => {
    const table = new Table({ ...still, preemption: { meanHours: 2, noticeSeconds: 120 } });
    const { instanceId } = table.create('spot', { spot: true });
    const endAtMs = table.instance(instanceId).fate?.endAtMs ?? 0;
    table.wait(endAtMs - 60_000 - table.nowMs);
    expect(table.instance(instanceId)).toMatchObject({ notice: { deadlineMs: endAtMs }, stopping: null });
    table.wait(60_000);
    table.turn({ kind: 'powered-off', instanceId: instanceId ?? '' });
    expect(table.instance(instanceId).ended).toMatchObject({ endedBy: 'preemption', atMs: endAtMs });
  });

  test('replays a trace: the places of a zone go when it holds fewer', () => {
    const trace = { gapSeconds: 60, zones: { 'eu-north-a': [2, 2, 1, 0, 0] } };
    const table = new Table({ ...still, preemption: { noticeSeconds: 0 }, trace });
    const [first, second] = [0, 1].map((n) => table.create(`job-${n}`, { spot: true, zone: 'eu-north-a' }).instanceId);
    expect(table.create('third', { spot: true, zone: 'eu-north-a' }).refusal?.code).toBe('InsufficientCapacity');
    expect(table.create('other', { zone: 'eu-north-a' }).refusal).toBeNull();
    table.wait(150_000);
    expect(table.instance(second ?? null).stopping).toMatchObject({ atMs: originMs + 120_000, because: 'preemption' });
    expect(table.instance(first ?? null).stopping).toBeNull();
    table.wait(60_000);
    expect(table.instance(first ?? null).stopping).toMatchObject({ atMs: originMs + 180_000 });
    expect(table.create('fourth', { spot: true, zone: 'eu-north-a' }).refusal?.code).toBe('InsufficientCapacity');
  });

  test('changes spot prices with time, and never the price of what runs', () => {
    const table = new Table({ preemption: {} });
    const type = table.world.instanceTypes[0];
    if (type === undefined) throw new Error('no type');
    const at = (hours: number, spot = true) =>
      priceNow(table.world, table.state, { region: 'eu-north', type, spot }, originMs + hours * hourMs);
    const { instanceId } = table.create('kept', { spot: true });
    expect(new Set([at(0), at(7), at(13), at(19)]).size).toBe(4);
    expect(at(0, false)).toBe(at(19, false));
    table.turn({
      kind: 'note',
      body: { kind: 'price-set', region: 'eu-north', instanceType: 'cpu-2', spot: true, usdMicrosPerHour: 999 },
    });
    expect(at(0)).toBe(999);
    expect(table.instance(instanceId).priceUsdMicrosPerHour).not.toBe(999);
  });

  test('bills whole granules, at least the minimum, to the micro', () => {
    const billing = { minimumSeconds: 60, granularitySeconds: 10 };
    expect(billedTime(1, { billing })).toBe(60_000);
    expect(billedTime(60_001, { billing })).toBe(70_000);
    expect(billedTime(70_000, { billing })).toBe(70_000);
    expect(costOf(1, hourMs)).toBe(1);
    expect(costOf(1, hourMs + 1)).toBe(2);
    // A year of eight H100: more than a double holds exactly.
    expect(costOf(55_040_001, 8760 * hourMs)).toBe(55_040_001 * 8760);
  });
});

describe('the judge', () => {
  const question = (options: object = {}) => judgeQuestionSchema.parse(options);

  test('sees orphans, doubles, and ends that were claimed too early', () => {
    const table = new Table({ ...still, billing: { minimumSeconds: 0, granularitySeconds: 1 } });
    const one = table.create('job/attempt-1').instanceId ?? '';
    table.create('job/attempt-1');
    const fine = table.create('job/attempt-2').instanceId ?? '';
    table.wait(10_000);
    for (const instanceId of [one, fine]) {
      table.turn({ kind: 'terminate', instanceId });
      table.turn({ kind: 'powered-off', instanceId });
      table.wait(0);
    }
    const quiescentAtMs = table.nowMs;
    table.wait(5000);
    const saidOverAtMs = { 'job/attempt-1': originMs + 10_000, 'job/attempt-2': originMs + 10_000 };
    const said = judge(table.state, question({ quiescentAtMs, saidOverAtMs }), table.nowMs);
    expect(said).toMatchObject({ orphanSeconds: 5, doubled: ['job/attempt-1'], launchedTwice: ['job/attempt-1'] });
    expect(said.saidOverWhileAlive).toEqual(['job/attempt-1']);
    expect(said.attempts[1]).toMatchObject({ attempt: 'job/attempt-2', aliveAfterSaidOverSeconds: 0 });
    const price = table.instance(fine).priceUsdMicrosPerHour;
    expect(said.attempts[1]?.costUsdMicros).toBe(costOf(price, 10_000));
    expect(said.costUsdMicros).toBe(2 * costOf(price, 10_000));
  });

  test('finds nothing wrong where nothing is', () => {
    const table = new Table(still);
    const instanceId = table.create('job/attempt-1').instanceId ?? '';
    table.turn({ kind: 'terminate', instanceId });
    table.turn({ kind: 'powered-off', instanceId });
    table.wait(1000);
    expect(judge(table.state, question({ quiescentAtMs: originMs + 1000 }), table.nowMs)).toMatchObject({
      ...{ orphanSeconds: 0, doubled: [], launchedTwice: [], saidOverWhileAlive: [], untagged: [], alive: [] },
    });
  });
});
