import {
  doctorProblemSchema,
  predictBatchResponseSchema,
  predictResponseSchema,
  signInLinkSchema,
  type PredictBatchRequest,
  type PredictBatchResponse,
  type PredictRequest,
  type PredictResponse,
} from '@artenic/core';
import { z } from 'zod';
import { platformApi } from './platform.ts';
import { createHttp, type ClientOptions, type UploadBody } from './http.ts';
import type { Signal } from './pages.ts';
import { followEvents, type LiveOptions, type LiveSubscription } from './live.ts';
import { uploadsApi } from './uploads.ts';
import { datasetsApi } from './datasets.ts';
import { featuresApi, lineageApi, runsApi } from './lineage.ts';
import { jobsApi } from './jobs.ts';
import { modelPath, modelsApi } from './models.ts';

export type ObjectKind = 'packages' | 'data' | 'models';

const aliveSchema = z.object({ status: z.string() });
const readySchema = z.object({ ready: z.boolean() });
const checkSchema = z.object({ state: z.string(), tookMs: z.number(), reason: z.string().nullable() });
const healthSchema = readySchema.extend({
  status: z.string(),
  version: z.string(),
  upSeconds: z.number(),
  checks: z.record(z.string(), checkSchema),
  providers: z.array(z.object({ name: z.string(), usable: z.boolean(), message: z.string() })),
  worker: z.object({ state: z.string(), lastSeenAt: z.string().nullable() }).nullable().default(null),
  problems: z.array(doctorProblemSchema).default([]),
});

export type ArtenicClient = ReturnType<typeof createClient>;

/** Client of the whole API, with retries, idempotency keys, validated answers and pages as iterators. */
export function createClient(options: ClientOptions) {
  const http = createHttp(options);
  return {
    jobs: jobsApi(http),
    models: modelsApi(http),
    datasets: datasetsApi(http, options),
    runs: runsApi(http),
    features: featuresApi(http),
    lineage: lineageApi(http),
    uploads: uploadsApi(http, options),
    objects: {
      /** Uploads content unless its SHA-256 is stored. Calls `body` for each try. Returns whether it sent anything. */
      upload: async (kind: ObjectKind, sha256: string, body: () => UploadBody): Promise<boolean> => {
        const path = `/api/v1/objects/${kind}/${sha256}`;
        const isThere = await http.raw({ method: 'HEAD', path, accepts: 404 }, ({ ok }) => Promise.resolve(ok));
        if (isThere) return false;
        const content = { type: 'application/octet-stream', body };
        await http.raw({ method: 'PUT', path, content, unbounded: true }, (response) => response.text());
        return true;
      },
    },
    /** Predicts one row: a value per named input. Without a version, the production version answers. */
    predict: (
      model: string,
      inputs: PredictRequest['inputs'],
      predictOptions: { readonly version?: number } = {},
    ): Promise<PredictResponse> =>
      http.json(
        { method: 'POST', path: modelPath(model, '/predict'), json: { inputs, ...predictOptions } },
        predictResponseSchema,
      ),
    /** Predicts at most 10,000 rows in one request. Each row has its own answer, in order. */
    predictBatch: (
      model: string,
      rows: readonly PredictBatchRequest['inputs'][number][],
      predictOptions: { readonly version?: number } & Signal = {},
    ): Promise<PredictBatchResponse> => {
      const { signal, ...rest } = predictOptions;
      return http.json(
        {
          method: 'POST',
          path: modelPath(model, '/predict_batch'),
          json: { inputs: rows, ...rest },
          ...(signal === undefined ? {} : { signal }),
        },
        predictBatchResponseSchema,
      );
    },
    ...platformApi(http),
    /** A token that signs one browser in at `/sign-in#token=…`, once. */
    signInLink: (): Promise<z.output<typeof signInLinkSchema>> =>
      http.json({ method: 'POST', path: '/api/v1/session/links' }, signInLinkSchema),
    /** Checks that the API process runs. Needs no key. */
    alive: (): Promise<z.output<typeof aliveSchema>> => http.json({ method: 'GET', path: '/health' }, aliveSchema),
    /** Whether the API can answer requests. Returns false instead of throwing on 503. Needs no key. */
    ready: (): Promise<z.output<typeof readySchema>> =>
      http.json({ method: 'GET', path: '/health/ready', accepts: 503 }, readySchema),
    /** Like `ready`, with the state and response time in milliseconds of each part. */
    health: (): Promise<z.output<typeof healthSchema>> =>
      http.json({ method: 'GET', path: '/health/detailed', accepts: 503 }, healthSchema),
    /** Events by topic over the WebSocket. Resumes after the last event when a connection breaks. */
    live: (live: LiveOptions): LiveSubscription => followEvents(options, live),
  };
}
