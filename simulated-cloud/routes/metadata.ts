import { Router } from 'express';
import type { Cloud } from '../cloud.ts';
import { Refusal } from '../rules/refusals.ts';

/** A machine's own metadata, on the paths of AWS's metadata service, below a separate address for each machine. */
export function metadataRoutes(cloud: Cloud): Router {
  const router = Router({ mergeParams: true });
  router.use((request, _response, next) => {
    const { id, key } = request.params as Record<string, string>;
    if (id === undefined || cloud.metadataKey(id) !== key) throw new Refusal('NotFound', 'There is nothing here.');
    next();
  });
  router.put('/latest/api/token', (_request, response) => {
    response.type('text').send('simulated');
  });
  router.get('/latest/meta-data/instance-id', (request, response) => {
    response.type('text').send((request.params as Record<string, string>)['id'] ?? '');
  });
  router.get('/latest/meta-data/spot/instance-action', async (request, response) => {
    await cloud.submit({ kind: 'tick' });
    const instance = cloud.state.instances.get((request.params as Record<string, string>)['id'] ?? '');
    const notice = instance?.notice ?? null;
    if (notice === null) throw new Refusal('NotFound', 'No action is planned.');
    response.json({ action: 'terminate', time: new Date(notice.deadlineMs).toISOString() });
  });
  return router;
}
