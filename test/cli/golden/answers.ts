import {
  attemptViewSchema,
  decisionViewSchema,
  doctorReportSchema,
  jobSpecSchema,
  jobViewSchema,
  launchRefusalViewSchema,
  modelVersionViewSchema,
  modelViewSchema,
  offersViewSchema,
  providerViewSchema,
  stageChangeViewSchema,
} from '@artenic/core';
import { z } from 'zod';

/** The time of every golden output. */
export const nowMs = Date.parse('2026-03-01T02:00:00.000Z');
const before = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();
const idOf = (end: string): string => `01a22bd3-5dc0-7a0b-8abc-0000${end}`;
export const jobId = idOf('348d4e2b');

const job = {
  ...{ id: jobId, name: 'penguins #4', service: 'penguins', model: 'penguins', state: 'running', message: '' },
  ...{
    provider: null,
    market: null,
    trainingSince: null,
    bestMetric: null,
    situation: null,
    signOfLife: null,
    checkpointAskedAt: null,
  },
  ...{ trainingMs: 0, timeLeftMs: null, usdMicrosPerHour: 0 },
  ...{ labels: {}, priority: 0, queuePosition: null, currentAttempt: 1, progress: null, result: null },
  ...{ createdBy: 'admin', projectId: 'default', createdAt: before(130), startedAt: before(100), finishedAt: null },
  ...{ cancelRequestedAt: null, heldAt: null, cost: { usdMicros: 1325, isFinal: false }, workflowId: 'training-job/1' },
  spec: jobSpecSchema.parse({ service: 'penguins', command: 'node train.ts' }),
};
const running = {
  ...job,
  ...{ name: 'seed=9 epochs=150', service: 'pricing-elasticity', labels: { team: 'pricing', seed: '9' } },
  ...{ progress: 0.45, currentAttempt: 3, provider: 'simulated', market: 'on-demand', trainingSince: before(90) },
  ...{
    trainingMs: 90_000,
    timeLeftMs: 840_000,
    usdMicrosPerHour: 78_200,
    signOfLife: { at: before(2), lateAt: before(-8) },
  },
  bestMetric: { name: 'val_accuracy', value: 0.9833, step: 4200 },
  message: 'Attempt 3 runs in the next zone, us-east-b, after its instance in us-east-a was preempted.',
};
const jobs = [
  running,
  { ...job, id: idOf('0a1b2c3d'), state: 'waiting', queuePosition: 2, currentAttempt: 0, startedAt: null },
  {
    ...{ ...job, id: idOf('11223344'), service: 'churn', state: 'failed', createdAt: before(7400), currentAttempt: 1 },
    ...{ finishedAt: before(7000), cost: { usdMicros: 126_400, isFinal: true } },
    message: "The command ended with exit code 1. Its log ends with: KeyError: 'customer_tenure_days'",
  },
  {
    ...{ ...job, id: idOf('55667788'), state: 'succeeded', createdAt: before(93_000), progress: 1, currentAttempt: 2 },
    ...{ finishedAt: before(90_000), result: { model: 'penguins', version: 7 }, message: 'exit code 0' },
    cost: { usdMicros: 12_345_600, isFinal: true },
  },
  {
    ...job,
    id: idOf('99aabbcc'),
    service: '日本語-モデル',
    state: 'timed-out',
    message: 'bad \u001B[31mcolour\tand\nline',
  },
];

const attempt = {
  ...{ id: `${jobId}/attempt-1`, jobId, attempt: 1, provider: 'simulated', region: 'us-east', instanceType: 'gpu-1' },
  ...{ spot: true, priceUsdMicrosPerHour: 26_500, billedFrom: before(4000), billedUntil: before(2800) },
  ...{ cost: { usdMicros: 8833, isFinal: true }, state: 'ended', restoredFrom: null, createdAt: before(4100) },
  ending: { kind: 'preempted', exitCode: null, message: 'The provider took the machine back.', evidence: 'notice' },
  ...{ launchedAt: before(4000), helloAt: before(3990), lastHeartbeatAt: before(2801), runningAt: before(3980) },
  ...{ endedAt: before(2800), reason: 'the first offer', checkpoints: [], endingRefused: null },
};
const attempts = [
  attempt,
  {
    ...{ ...attempt, id: `${jobId}/attempt-2`, attempt: 2, billedFrom: before(2700), billedUntil: before(1500) },
    ending: { kind: 'lost', exitCode: null, message: 'The runner fell silent.', evidence: 'fell-silent' },
    ...{ restoredFrom: 'step-12000', reason: 'next zone, us-east-b, after preempted: taken back' },
  },
  {
    ...{
      ...attempt,
      id: `${jobId}/attempt-3`,
      attempt: 3,
      spot: false,
      priceUsdMicrosPerHour: 78_200,
      state: 'running',
    },
    ...{ billedFrom: before(100), billedUntil: null, cost: { usdMicros: 2172, isFinal: false }, ending: null },
    ...{ restoredFrom: 'step-38000', lastHeartbeatAt: before(12), endedAt: null },
    reason: 'on demand, us-east-b, after two spot attempts ended before their time',
  },
];
const wait = {
  ...{
    policyVersion: 'spot-only-1',
    kind: 'wait',
    reason: 'simulated refuses the credentials',
    attempt: null,
    step: null,
  },
};
const decisions = [
  { ...wait, decision: 1, kind: 'launch', reason: 'the first offer', attempt: 1, decidedAt: before(4100) },
  ...Array.from({ length: 17 }, (_, index) => ({ ...wait, decision: 2 + index, decidedAt: before(2790 - index * 5) })),
  {
    ...{ ...wait, decision: 19, kind: 'launch', attempt: 2, step: 'next-zone', decidedAt: before(2700) },
    reason: 'next zone, us-east-b, after preempted: taken back',
  },
];
const refusals = [
  {
    ...{ provider: 'simulated', region: 'us-east', zone: 'us-east-a', instanceType: 'gpu-1', spot: true },
    ...{ kind: 'stockout', message: 'none left', total: 17, attempt: 2, firstAt: before(2790), lastAt: before(2705) },
  },
];

const findings = {
  instances: 2,
  attempts: 1,
  strays: 1,
  terminated: 0,
  refused: 1,
  settled: 0,
  restarted: 0,
  confirmed: 1,
};
const sweep = { startedAt: before(32), finishedAt: before(31), succeededAt: before(31), error: null, findings };
const doctor = {
  ...{ ok: false, now: before(0), clockSkewMs: 2, temporal: 'ok' },
  providers: [
    {
      ...{ name: 'aws', state: 'not-configured', problem: null, message: 'Set AWS_REGION and credentials to use it.' },
      ...{ checkedAt: null, clockSkewMs: null, pricedAt: null, sweep: null, unresolved: 0 },
    },
    {
      ...{ name: 'local', state: 'usable', problem: null, message: '', checkedAt: before(8), clockSkewMs: 0 },
      ...{ pricedAt: null, sweep: { ...sweep, findings: { ...findings, instances: 1, strays: 0 } }, unresolved: 0 },
    },
    {
      ...{ name: 'simulated', state: 'unusable', problem: 'credentials', checkedAt: before(8), clockSkewMs: 0 },
      message: 'The simulated cloud answered 401: the credentials have expired.',
      ...{ pricedAt: before(4000), sweep, unresolved: 1 },
    },
  ],
  unresolved: [
    {
      ...{ provider: 'simulated', instanceId: 'i-0f3a9c11', region: 'us-east', attemptId: `${jobId}/attempt-2`, jobId },
      ...{ reason: 'attempt-settled', since: before(1500), graceEndsAt: before(1380), isInGrace: false, tries: 9 },
      ...{ priceUsdMicrosPerHour: 5_670_000, costUsdMicros: 2_362_500, lastTriedAt: before(31) },
      ...{ endCommand: null, isRetryAsked: false, lastError: 'transient: the simulated cloud answered 503' },
    },
  ],
  workers: [{ queues: ['control', 'local'], startedAt: before(4000), seenAt: before(3), state: 'alive' }],
  problems: [
    {
      ...{ id: 'provider-unusable/simulated', kind: 'provider-unusable', severity: 'critical', subject: 'simulated' },
      ...{ since: before(95), jobsBlocked: 1, jobId: null, provider: 'simulated' },
      message: 'The credentials have expired.',
      advice: 'Renew the credentials and restart its worker.',
    },
    {
      ...{ id: 'orphaned-instance/simulated/i-0f3a9c11', kind: 'orphaned-instance', severity: 'critical' },
      ...{ subject: 'simulated', since: before(1500), jobsBlocked: 0, jobId, provider: 'simulated' },
      message: 'It is billed although its attempt has ended.',
      advice: 'Artenic retries termination every minute. If the provider keeps refusing, end it in its console.',
    },
  ],
};

const health = {
  ...{ status: 'ok', ready: false, version: '1.2.3', upSeconds: 60 },
  checks: {
    database: { state: 'ok', tookMs: 3, reason: null },
    temporal: { state: 'unreachable', tookMs: 2000, reason: 'no answer from 127.0.0.1:7233 within 2 s' },
  },
  worker: { state: 'ok', lastSeenAt: before(3) },
  problems: [],
  providers: [
    { name: 'local', usable: true, message: '' },
    { name: 'simulated', usable: false, message: 'The credentials have expired.' },
  ],
};

const capabilities = { spot: true, preemptionNotice: true, idempotencyToken: true, regions: true };
const providers = [
  {
    ...{ name: 'local', usable: true, message: '', capabilities, checkedAt: before(8) },
    capacity: { vcpu: 8, memoryGib: 32, gpus: 1, gpuType: 'A100' },
    inUse: { vcpu: 2, memoryGib: 8, gpus: 0, gpuType: null },
  },
  {
    ...{ name: 'simulated', usable: false, capabilities, capacity: null, inUse: null, checkedAt: before(95) },
    message: 'The simulated cloud answered 401: the credentials have expired.',
  },
];

const offer = {
  ...{ provider: 'simulated', region: 'us-east', zone: 'us-east-a', instanceType: 'cpu-2', spot: true, vcpu: 2 },
  ...{ memoryGib: 7.5, gpus: 0, gpuType: null, priceUsdMicrosPerHour: 26_500, pricedAt: before(125) },
};
const offers = {
  items: [
    offer,
    { ...offer, zone: null, spot: false, priceUsdMicrosPerHour: 78_200 },
    {
      ...offer,
      instanceType: 'gpu-8',
      vcpu: 96,
      memoryGib: 1152,
      gpus: 8,
      gpuType: 'A100-80GB',
      priceUsdMicrosPerHour: 32_770_000,
    },
  ],
  total: 139,
  catalogs: [
    { provider: 'aws', refreshedAt: null, problem: 'The key has run out.' },
    { provider: 'simulated', refreshedAt: before(125), problem: null },
  ],
};

const model = { name: 'penguins', createdAt: before(180), latestVersion: 8, productionVersion: 7 };
const models = [
  model,
  { name: 'pricing-elasticity', createdAt: before(400_000), latestVersion: 1, productionVersion: null },
];
const version = {
  ...{ model: 'penguins', version: 8, stage: 'draft', format: 'onnx', sha256: 'a'.repeat(64), bytes: 6_400 },
  signature: {
    inputs: [
      { name: 'island', type: 'string', shape: ['rows', 1] },
      { name: 'body_mass_g', type: 'float32', shape: ['rows', 1] },
    ],
    ...{ outputs: [], labels: ['Adelie', 'Chinstrap', 'Gentoo'] },
  },
  metrics: { val_accuracy: 1, val_loss: 0.04321, learning_rate: 0.000_03 },
  ...{ jobId, createdBy: 'admin', createdAt: before(200), external: null },
};
const versions = [
  version,
  {
    ...version,
    version: 7,
    stage: 'production',
    metrics: { val_accuracy: 0.9833, val_loss: 0.0712 },
    createdAt: before(9000),
  },
];
const history = [
  {
    version: 7,
    from: 'draft',
    to: 'production',
    by: 'admin',
    at: before(60),
    reason: 'better on the held-out birds',
  },
  { version: 6, from: 'production', to: 'retired', by: 'admin', at: before(60), reason: 'replaced by version 7' },
  { version: 6, from: null, to: 'draft', by: 'system:registry', at: before(90_000), reason: '' },
];

const page = (schema: z.ZodType, items: readonly unknown[]) => ({
  items: z.array(schema).parse(items),
  nextCursor: null,
});

/** Answers of the API by path, each through the schema of the contract. */
export const answers: Readonly<Record<string, unknown>> = {
  '/api/v1/jobs': page(jobViewSchema, jobs),
  [`/api/v1/jobs/${jobId}`]: jobViewSchema.parse(running),
  [`/api/v1/jobs/${jobId}/attempts`]: page(attemptViewSchema, attempts),
  [`/api/v1/jobs/${jobId}/decisions`]: page(decisionViewSchema, decisions),
  [`/api/v1/jobs/${jobId}/refusals`]: page(launchRefusalViewSchema, refusals),
  '/api/v1/doctor': doctorReportSchema.parse(doctor),
  '/health/detailed': health,
  '/api/v1/providers': page(providerViewSchema, providers),
  '/api/v1/offers': offersViewSchema.parse(offers),
  '/api/v1/models': page(modelViewSchema, models),
  '/api/v1/models/penguins': modelViewSchema.parse(model),
  '/api/v1/models/penguins/versions': page(modelVersionViewSchema, versions),
  '/api/v1/models/penguins/stage-history': page(stageChangeViewSchema, history),
};
