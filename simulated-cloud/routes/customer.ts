import { Router, type Request } from 'express';
import { scriptTag, type Cloud } from '../cloud.ts';
import { createRequestSchema, type CreateRequest } from '../rules/create.ts';
import { priceNow } from '../rules/prices.ts';
import { Refusal } from '../rules/refusals.ts';
import { scriptSchema } from '../rules/script.ts';
import type { Instance } from '../rules/state.ts';
import { Gate } from './gate.ts';
import { viewAt, type InstanceView } from './views.ts';

const consoleBytes = 64 * 1024;

/** The customers' API, as a small cloud would have it. */
export function customerRoutes(cloud: Cloud): Router {
  const gate = new Gate(cloud);
  const router = Router();
  const idOf = (request: Request) => String(request.params['id']);
  const nameOf = (id: string) => cloud.state.instances.get(id)?.name ?? null;
  const find = (id: string): Instance => {
    const instance = cloud.state.instances.get(id);
    if (instance === undefined) throw new Refusal('NotFound', `There is no instance ${id}.`);
    return instance;
  };
  const view = (instance: Instance) => viewAt(instance, cloud.nowMs());

  router.get('/account', (request, response) =>
    gate.serve(request, response, 'account', null, async () => ({ status: 200, body: accountOf(cloud) })),
  );
  router.get('/offers', (request, response) =>
    gate.serve(request, response, 'offers', null, async () => ({
      status: 200,
      body: page(cloud, request, offersOf(cloud), (_offer, index) => String(index).padStart(6, '0')),
    })),
  );
  router.post('/instances', (request, response) => {
    const wanted = readCreate(request.body);
    return gate.serve(request, response, 'create', wanted.name, async (fault) => {
      const made = await cloud.submit({ kind: 'create', request: wanted, boots: fault?.kind !== 'never-boots' });
      if (fault?.kind === 'made-twice') await cloud.submit({ kind: 'create', request: wanted, boots: true });
      return { status: 201, body: made === null ? null : view(made) };
    });
  });
  router.get('/instances', (request, response) =>
    gate.serve(request, response, 'list', null, async () => {
      // Apply everything that is due by now before answering.
      await cloud.submit({ kind: 'tick' });
      return { status: 200, body: page(cloud, request, listed(cloud, request), ({ instanceId }) => instanceId) };
    }),
  );
  router.get('/instances/:id', (request, response) =>
    gate.serve(request, response, 'describe', nameOf(idOf(request)), async () => {
      await cloud.submit({ kind: 'tick' });
      return { status: 200, body: view(find(idOf(request))) };
    }),
  );
  router.delete('/instances/:id', (request, response) =>
    gate.serve(request, response, 'terminate', nameOf(idOf(request)), async () => {
      await cloud.submit({ kind: 'terminate', instanceId: idOf(request) });
      return { status: 202, body: view(find(idOf(request))) };
    }),
  );
  router.get('/instances/:id/console', (request, response) =>
    gate.serve(request, response, 'console', nameOf(idOf(request)), async () => {
      const bytes = Buffer.from(cloud.console(find(idOf(request))));
      return { status: 200, body: { text: bytes.subarray(Math.max(0, bytes.length - consoleBytes)).toString('utf8') } };
    }),
  );
  return router;
}

function readCreate(body: unknown): CreateRequest {
  const parsed = createRequestSchema.safeParse(body);
  if (!parsed.success) throw new Refusal('InvalidParameter', parsed.error.message);
  const script = parsed.data.tags[scriptTag];
  if (script === undefined) return parsed.data;
  try {
    scriptSchema.parse(JSON.parse(script));
  } catch (error) {
    throw new Refusal('InvalidParameter', `The tag ${scriptTag} holds no script: ${String(error)}`);
  }
  return parsed.data;
}

function accountOf({ world, state }: Cloud): unknown {
  const live = [...state.live.values()];
  return {
    regions: world.regions.map(({ name }) => ({
      region: name,
      vcpuInUse: live.filter(({ region }) => region === name).reduce((sum, { vcpu }) => sum + vcpu, 0),
    })),
    ...{ duplicateNames: world.duplicateNames, clientTokens: world.clientTokens },
    /** In seconds of the customer's clock. */
    consistencySeconds: world.listLagSeconds[1] / state.scale,
  };
}

/** Every type in every region on every market, at its current price. */
function offersOf(cloud: Cloud): readonly unknown[] {
  const { world, state } = cloud;
  const nowMs = cloud.nowMs();
  const { minimumSeconds, granularitySeconds } = world.billing;
  return world.regions.flatMap(({ name: region, zones }) =>
    world.instanceTypes.flatMap((type) =>
      [false, true].flatMap((spot) => {
        const priceUsdMicrosPerHour = priceNow(world, state, { region, type, spot }, nowMs);
        if (priceUsdMicrosPerHour === null) return [];
        const { name: instanceType, vcpu, memoryGib, accelerator } = type;
        return [
          {
            ...{ region, zones, instanceType, vcpu, memoryGib, accelerator, spot, priceUsdMicrosPerHour },
            ...{ minimumSeconds, granularitySeconds, pricedAt: new Date(nowMs).toISOString() },
          },
        ];
      }),
    ),
  );
}

/**
 * Instances in the order of their creation, each as it was before its lag. Filters: `name`, `tag.<key>` and
 * `live=true`.
 */
function listed(cloud: Cloud, request: Request): readonly InstanceView[] {
  const { state } = cloud;
  const query = new URL(request.originalUrl, 'http://cloud').searchParams;
  const name = query.get('name');
  const tags = [...query]
    .filter(([key]) => key.startsWith('tag.'))
    .map(([key, value]) => [key.slice(4), value] as const);
  const isLiveOnly = query.get('live') === 'true';
  const candidates = name === null ? [...state.instances.values()] : ofName(cloud, name);
  const nowMs = cloud.nowMs();
  return candidates
    .filter((instance) => tags.every(([key, value]) => instance.tags[key] === value))
    .flatMap((instance) => {
      // An instance that ended longer ago than its lag cannot appear as live.
      if (isLiveOnly && instance.ended !== null && instance.ended.atMs <= nowMs - instance.lagMs) return [];
      const view = viewAt(instance, nowMs - instance.lagMs);
      return view === null || (isLiveOnly && view.endedAt !== null) ? [] : [view];
    });
}

function ofName({ state }: Cloud, name: string): readonly Instance[] {
  return (state.byName.get(name) ?? []).flatMap((id) => state.instances.get(id) ?? []);
}

/**
 * Items behind the cursor, which is the last item's id: an item that ends between two pages does not shift the next
 * page.
 */
function page<Item>(
  cloud: Cloud,
  request: Request,
  items: readonly Item[],
  idOf: (item: Item, index: number) => string,
): unknown {
  const cursor = new URL(request.originalUrl, 'http://cloud').searchParams.get('cursor') ?? '';
  const left = items.map((item, index) => ({ item, id: idOf(item, index) })).filter(({ id }) => id > cursor);
  const shown = left.slice(0, cloud.world.pageSize);
  return { items: shown.map(({ item }) => item), next: left.length > shown.length ? (shown.at(-1)?.id ?? null) : null };
}
