import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Cloud } from '../cloud.ts';
import { silenceKinds } from '../rules/entries.ts';
import { faultRuleSchema } from '../rules/faults.ts';
import { judge, judgeQuestionSchema } from '../rules/judge.ts';
import { Refusal } from '../rules/refusals.ts';
import type { Instance } from '../rules/state.ts';
import { hasKey } from './gate.ts';

const preemptSchema = z.strictObject({
  /** Null: without a notice. */
  noticeSeconds: z.number().min(0).nullable().default(null),
  recorded: z.boolean().default(true),
});
const silenceSchema = z.strictObject({
  how: z.enum(silenceKinds),
  /** Null: without end. */
  forSeconds: z.number().min(0).nullable().default(null),
});
const faultsSchema = z.strictObject({ rules: z.array(faultRuleSchema) });
const keySchema = z.strictObject({ expiresInSeconds: z.number().nullable() });
const stateSchema = z.strictObject({ state: z.string().min(1).nullable() });
const capacitySchema = z.strictObject({
  zone: z.string(),
  instanceType: z.string().nullable().default(null),
  capacity: z.number().int().min(0).nullable(),
});
const quotaSchema = z.strictObject({ region: z.string(), spot: z.boolean(), vcpu: z.number().min(0).nullable() });
const priceSchema = z.strictObject({
  region: z.string(),
  instanceType: z.string(),
  spot: z.boolean(),
  usdMicrosPerHour: z.number().int().min(0),
});

/** Routes for fault injection and for the judge; they need the control key, which customers do not have. */
export function controlRoutes(cloud: Cloud): Router {
  const router = Router();
  const find = (request: Request): Instance => {
    const instance = cloud.state.instances.get(String(request.params['id']));
    if (instance === undefined) throw new Refusal('NotFound', `There is no instance ${String(request.params['id'])}.`);
    return instance;
  };
  router.use((request, _response, next) => {
    if (!hasKey(request, cloud.world.controlKey)) throw new Refusal('InvalidKey', 'Not the control key.');
    next();
  });
  router.get('/clock', (_request, response) => {
    response.json({ nowMs: cloud.nowMs(), scale: cloud.state.scale });
  });
  router.get('/faults', (_request, response) => {
    response.json({ rules: cloud.state.faults });
  });
  router.put('/faults', async (request, response) => {
    await cloud.submit({ kind: 'note', body: { kind: 'faults-set', ...read(faultsSchema, request) } });
    response.status(204).end();
  });
  router.post('/faults', async (request, response) => {
    await cloud.submit({ kind: 'note', body: { kind: 'faults-added', ...read(faultsSchema, request) } });
    response.status(204).end();
  });
  router.post('/instances/:id/preempt', async (request, response) => {
    const { instanceId } = find(request);
    await cloud.submit({ kind: 'preempt', instanceId, ...read(preemptSchema, request) });
    response.status(204).end();
  });
  router.post('/instances/:id/power-off', (request, response) => {
    cloud.powerOff(find(request));
    response.status(204).end();
  });
  router.post('/instances/:id/silence', async (request, response) => {
    const { instanceId } = find(request);
    const { how, forSeconds } = read(silenceSchema, request);
    if (!cloud.canSilence(find(request), how))
      throw new Refusal('InvalidParameter', 'A machine with a real runner can be stopped, not cut off.');
    const untilMs = forSeconds === null ? null : cloud.nowMs() + Math.round(forSeconds * 1000);
    await cloud.submit({ kind: 'note', body: { kind: 'silenced', instanceId, how, untilMs } });
    response.status(204).end();
  });
  router.put('/instances/:id/state', async (request, response) => {
    const { instanceId } = find(request);
    const { state } = read(stateSchema, request);
    await cloud.submit({ kind: 'note', body: { kind: 'state-broken', instanceId, state } });
    response.status(204).end();
  });
  router.put('/keys/:id', async (request, response) => {
    const { expiresInSeconds } = read(keySchema, request);
    const expiresAtMs = expiresInSeconds === null ? null : cloud.nowMs() + Math.round(expiresInSeconds * 1000);
    const { id: keyId } = request.params;
    await cloud.submit({ kind: 'note', body: { kind: 'key-expiry-set', keyId, expiresAtMs } });
    response.status(204).end();
  });
  router.put('/capacity', async (request, response) => {
    await cloud.submit({ kind: 'note', body: { kind: 'capacity-set', ...read(capacitySchema, request) } });
    response.status(204).end();
  });
  router.put('/quotas', async (request, response) => {
    await cloud.submit({ kind: 'note', body: { kind: 'quota-set', ...read(quotaSchema, request) } });
    response.status(204).end();
  });
  router.put('/prices', async (request, response) => {
    await cloud.submit({ kind: 'note', body: { kind: 'price-set', ...read(priceSchema, request) } });
    response.status(204).end();
  });
  router.get('/ledger', (_request, response) => {
    response.type('application/x-ndjson').send(cloud.ledgerText());
  });
  router.post('/judge', async (request, response) => {
    const question = read(judgeQuestionSchema, request);
    await cloud.submit({ kind: 'tick' });
    response.json(judge(cloud.state, question, cloud.nowMs()));
  });
  return router;
}

function read<T extends z.ZodType>(schema: T, request: Request): z.output<T> {
  const parsed = schema.safeParse(request.body ?? {});
  if (parsed.success) return parsed.data;
  throw new Refusal('InvalidParameter', parsed.error.message);
}
