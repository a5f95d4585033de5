import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InstanceHandle, LaunchRequest, Provider } from '../../../activities/providers/provider.ts';
import { createSimulatedProvider } from '../../../activities/providers/simulated/provider.ts';
import { defaultWorld } from '../../../simulated-cloud/rules/default-world.ts';
import { worldSchema, type WorldInput } from '../../../simulated-cloud/rules/world.ts';
import { startCloud, type CloudServer } from '../../../simulated-cloud/server.ts';
import { describeCloudConformance, type CloudHarness } from '../../conformance/cloud-provider.ts';
import { launchRequest, secret } from '../../conformance/launch-request.ts';
import { describeProviderConformance } from '../../conformance/provider.ts';
import { poll } from '../../support/poll.ts';

const key = 'a key of sixteen letters';
const controlKey = 'a control key of its own';

/** Prints a line, then lives until it is ended. */
const quiet: Partial<WorldInput> = {
  machine: { kind: 'scripted', script: [{ do: 'say', line: 'booted' }] },
  bootSeconds: [0.02, 0.05],
  listLagSeconds: [0, 0],
  pageSize: 3,
  preemption: {},
};

/** A cloud of the test's own, with control over its faults. */
class CloudWorld {
  readonly server: CloudServer;
  readonly #home: string;

  private constructor(server: CloudServer, home: string) {
    this.server = server;
    this.#home = home;
  }

  static async make(options: Partial<WorldInput>): Promise<CloudWorld> {
    const home = await mkdtemp(join(tmpdir(), 'artenic-cloud-'));
    const keys = [{ id: 'default', key }];
    const world = worldSchema.parse({ ...defaultWorld, ...quiet, keys, controlKey, ...options });
    const parts = { world, home, runnerEntry: '/nowhere', nodePath: process.execPath, port: 0 };
    return new CloudWorld(await startCloud(parts), home);
  }

  open(options: { readonly url?: string; readonly key?: string; readonly namespace?: string } = {}): Provider {
    return createSimulatedProvider({ url: this.server.url, key, namespace: 'test', timeoutMs: 5000, ...options });
  }

  request(attemptId: string): LaunchRequest {
    const offer = { provider: 'simulated', region: 'eu-north', instanceType: 'cpu-2', spot: true };
    return launchRequest(attemptId, { ...offer, priceUsdMicrosPerHour: 29_100 });
  }

  of(attemptId: string) {
    return [...this.server.cloud.state.instances.values()].filter(({ tags }) => tags['artenic-attempt'] === attemptId);
  }

  async control(method: string, path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.server.url}/control${path}`, {
      method,
      headers: { authorization: `Bearer ${controlKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(204);
  }

  faults(rules: readonly object[]): Promise<void> {
    return this.control('PUT', '/faults', { rules });
  }

  harness(): CloudHarness {
    const preemptions = {
      warned: { noticeSeconds: 0.3 },
      'at-once': { noticeSeconds: null },
      unrecorded: { noticeSeconds: null, recorded: false },
    };
    return {
      provider: this.open(),
      reopen: () => this.open(),
      request: (attemptId) => this.request(attemptId),
      fault: (operation, fault, count) => {
        const kind = fault === 'throttled' ? { kind: fault, retryAfterSeconds: 7 } : { kind: fault };
        return this.faults([{ id: 'test', operation, fault: kind, count }]);
      },
      clear: () => this.faults([]),
      preempt: ({ instanceId }, how) => this.control('POST', `/instances/${instanceId}/preempt`, preemptions[how]),
      billed: async (attemptId) => {
        const made = this.of(attemptId);
        return {
          made: made.length,
          alive: made.filter(({ ended, stopping }) => ended === null && stopping === null).length,
        };
      },
      retryAfterSeconds: 7,
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** A network that goes down permanently after it has carried a create. */
async function networkThatDies(url: string): Promise<{ readonly url: string; readonly close: () => void }> {
  let isDown = false;
  const server = createServer((request, response) => {
    if (isDown) {
      request.socket.destroy();
      return;
    }
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const isCreate = request.method === 'POST';
      isDown = isCreate;
      const answer = await fetch(`${url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
        ...(isCreate ? { body: Buffer.concat(chunks) } : {}),
      });
      const text = await answer.text();
      if (isCreate) request.socket.destroy();
      else response.writeHead(answer.status).end(text);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function providerHarness(options: Partial<WorldInput>) {
  const world = await CloudWorld.make(options);
  return {
    provider: world.open(),
    reopen: () => world.open(),
    request: (attemptId: string) => world.request(attemptId),
    secret,
    impossibleNeeds: { vcpu: 5000, memoryGib: 1, gpus: 0 },
    begun: async (attemptId: string) => world.of(attemptId).filter(({ runningAtMs }) => runningAtMs !== null).length,
    endByItself: ({ instanceId }: InstanceHandle) => world.control('POST', `/instances/${instanceId}/power-off`, {}),
    breakState: ({ instanceId }: InstanceHandle) =>
      world.control('PUT', `/instances/${instanceId}/state`, { state: 'hibernating' }),
    launchWithoutAnswer: async (request: LaunchRequest) => {
      const network = await networkThatDies(world.server.url);
      try {
        await world.open({ url: network.url }).launch(request);
      } finally {
        network.close();
      }
    },
    close: () => world.close(),
  };
}

describeProviderConformance('simulated, where names are unique', () =>
  providerHarness({ duplicateNames: 'refused', listLagSeconds: [0, 0.1] }),
);
describeCloudConformance('simulated, where names are unique', async () =>
  (await CloudWorld.make({ duplicateNames: 'refused', listLagSeconds: [0, 0.3] })).harness(),
);
describeCloudConformance('simulated, where nothing keeps two apart', async () =>
  (await CloudWorld.make({ listLagSeconds: [0, 0.3] })).harness(),
);

describe('simulated', () => {
  let world: CloudWorld;
  beforeAll(async () => {
    world = await CloudWorld.make({ bootSeconds: [2, 2], zoneCapacity: 40 });
  });
  afterAll(() => world.close());

  test('of launches at once, where nothing keeps them apart, the oldest instance stays', async () => {
    const launches = Array.from({ length: 6 }, () => world.open().launch(world.request('race/attempt-1')));
    const handles = await Promise.all(launches);
    const [oldest, ...rest] = world.of('race/attempt-1');
    expect(handles.every(({ instanceId }) => instanceId === oldest?.instanceId)).toBe(true);
    expect(oldest?.stopping).toBeNull();
    expect(rest.every(({ stopping, runningAtMs }) => stopping !== null && runningAtMs === null)).toBe(true);
    const [handle] = handles;
    if (handle !== undefined) await world.open().terminate(handle);
  });

  test('takes what the cloud makes of its token', async () => {
    const honest = await CloudWorld.make({ clientTokens: 'honoured', listLagSeconds: [60, 60] });
    try {
      const handles = await Promise.all(
        [1, 2, 3].map(() => honest.open().launch({ ...honest.request('token/attempt-1'), mayExist: true })),
      );
      expect(new Set(handles.map(({ instanceId }) => instanceId)).size).toBe(1);
      expect(honest.of('token/attempt-1')).toHaveLength(1);
    } finally {
      await honest.close();
    }
  });

  test('tells a full zone from a used-up quota', async () => {
    const provider = world.open();
    for (const zone of ['ap-south-a', 'ap-south-b']) await world.control('PUT', '/capacity', { zone, capacity: 0 });
    await world.control('PUT', '/quotas', { region: 'us-east', spot: true, vcpu: 1 });
    const request = world.request('placed/attempt-1');
    const inRegion = (region: string) => provider.launch({ ...request, offer: { ...request.offer, region } });
    await expect(inRegion('ap-south')).rejects.toMatchObject({ type: 'stockout' });
    await expect(inRegion('us-east')).rejects.toMatchObject({ type: 'quota' });
  });

  test('leaves the instances of another installation alone', async () => {
    const theirs = world.open({ namespace: 'theirs' });
    const handle = await theirs.launch(world.request('shared/attempt-1'));
    const ours = world.open();
    expect(await ours.list()).toEqual([]);
    await expect(ours.describe(handle)).rejects.toMatchObject({ type: 'not-found' });
    await theirs.terminate(handle);
  });

  test('offers accelerators by their names, and what the account can never have not at all', async () => {
    const query = { needs: { vcpu: 1, memoryGib: 1, gpus: 1 }, regions: ['eu-north'], spot: true };
    const offers = await world.open().offers({ ...query, gpuType: 'A100-80GB' });
    expect(offers.map(({ instanceType, zone }) => [instanceType, zone])).toEqual(
      ['eu-north-a', 'eu-north-b', 'eu-north-c'].map((zone) => ['a100-80-1', zone]),
    );
    expect(await world.open().offers({ ...query, gpuType: null, regions: ['mars'] })).toEqual([]);
  });

  test('says why it cannot be used', async () => {
    expect(await world.open({ key: 'another key altogether' }).check()).toMatchObject({
      usable: false,
      capacity: null,
    });
    const away = await world.open({ url: 'http://127.0.0.1:1' }).check();
    expect(away).toMatchObject({ usable: false, message: expect.stringContaining('No answer') });
    const refused = world.open({ url: 'http://127.0.0.1:1' }).launch(world.request('away/attempt-1'));
    await expect(refused).rejects.toMatchObject({ type: 'transient' });
  });

  test('its times and price make the bill of the cloud', async () => {
    const provider = world.open();
    const request = world.request('bill/attempt-1');
    const [offer] = await provider.offers({ needs: request.needs, gpuType: null, regions: ['eu-north'], spot: true });
    if (offer?.billing === undefined) throw new Error('no offer');
    const handle = await provider.launch({ ...request, offer });
    await poll('it to run', 10_000, async () => ((await provider.describe(handle)).state === 'running' ? true : null));
    await provider.terminate(handle);
    const gone = await poll('its end', 10_000, async () => {
      const description = await provider.describe(handle);
      return description.state === 'gone' ? description : null;
    });
    const ranMs = Date.parse(gone.endedAt ?? '') - Date.parse(gone.launchedAt ?? '');
    const { minimumSeconds, granularitySeconds } = offer.billing;
    const granuleMs = granularitySeconds * 1000;
    const billedMs = Math.ceil(Math.max(ranMs, minimumSeconds * 1000) / granuleMs) * granuleMs;
    const cost = Math.ceil((offer.priceUsdMicrosPerHour * billedMs) / 3_600_000);
    expect(world.of('bill/attempt-1')[0]?.ended?.costUsdMicros).toBe(cost);
  });
});
