import {
  auditEntrySchema,
  bestModelSchema,
  modelVersionViewSchema,
  modelViewSchema,
  pageSchema,
  stageChangeViewSchema,
  type AuditEntry,
  type BestModelView,
  type MetricDirection,
  type ModelChange,
  type ModelStage,
  type ModelVersionView,
  type ModelView,
  type StageChangeView,
} from '@artenic/core';
import { download } from './download.ts';
import type { Http } from './http.ts';
import { allOf, pages } from './pages.ts';

export const modelPath = (name: string, rest = ''): string => `/api/v1/models/${encodeURIComponent(name)}${rest}`;

export type BestModelQuery = {
  readonly metric: string;
  /** As the newest job declares it, else by the metric's name, when absent. */
  readonly direction?: MetricDirection;
  readonly service?: string;
  readonly model?: string;
  /** Retired versions count as well. */
  readonly retired?: boolean;
};

/** The registry: models, their versions and stages. */
export function modelsApi(http: Http) {
  const change = (
    name: string,
    version: number,
    verb: 'promote' | 'retire',
    reason: string,
  ): Promise<ModelVersionView> =>
    http.json(
      { method: 'POST', path: modelPath(name, `/versions/${version}/${verb}`), json: { reason } },
      modelVersionViewSchema,
    );
  return {
    /** Registers a model file that was uploaded as `models/<sha256>`. */
    register: (request: {
      readonly model: string;
      readonly sha256: string;
      readonly metrics?: Readonly<Record<string, number>>;
    }): Promise<ModelVersionView> =>
      http.json({ method: 'POST', path: '/api/v1/models', json: request }, modelVersionViewSchema),
    list: (query: { readonly pageSize?: number } = {}): AsyncGenerator<ModelView> =>
      pages((cursor) =>
        http.json(
          { method: 'GET', path: '/api/v1/models', query: { cursor, limit: query.pageSize } },
          pageSchema(modelViewSchema),
        ),
      ),
    get: (name: string): Promise<ModelView> => http.json({ method: 'GET', path: modelPath(name) }, modelViewSchema),
    /** Newest first. */
    versions: (name: string): Promise<readonly ModelVersionView[]> =>
      allOf(http, modelPath(name, '/versions'), modelVersionViewSchema),
    version: (name: string, version: number): Promise<ModelVersionView> =>
      http.json({ method: 'GET', path: modelPath(name, `/versions/${version}`) }, modelVersionViewSchema),
    promote: (name: string, version: number, reason = ''): Promise<ModelVersionView> =>
      change(name, version, 'promote', reason),
    retire: (name: string, version: number, reason = ''): Promise<ModelVersionView> =>
      change(name, version, 'retire', reason),
    /** Moves a version to any stage that the present one allows. */
    setStage: (name: string, version: number, stage: ModelStage, reason = ''): Promise<ModelVersionView> =>
      http.json(
        { method: 'PATCH', path: modelPath(name, `/versions/${version}/stage`), json: { stage, reason } },
        modelVersionViewSchema,
      ),
    stageHistory: (name: string): Promise<readonly StageChangeView[]> =>
      allOf(http, modelPath(name, '/stage-history'), stageChangeViewSchema),
    /** Changes what is said of a version. Entries of `metadata` and `metrics` are merged; null removes one. */
    edit: (name: string, version: number, change: ModelChange): Promise<ModelVersionView> =>
      http.json(
        { method: 'PATCH', path: modelPath(name, `/versions/${version}`), json: change },
        modelVersionViewSchema,
      ),
    /** Deletes a version that nothing needs; succeeds for one that is deleted already. */
    delete: async (name: string, version: number): Promise<void> =>
      void (await http.raw({ method: 'DELETE', path: modelPath(name, `/versions/${version}`) }, (response) =>
        response.text(),
      )),
    /** The version with the best value of a metric; versions without the metric are left out and counted. */
    getBestModel: (query: BestModelQuery): Promise<BestModelView> => {
      const { retired = false, ...rest } = query;
      const path = '/api/v1/models/best';
      return http.json({ method: 'GET', path, query: { ...rest, retired: String(retired) } }, bestModelSchema);
    },
    /** Changes of a version with their authors, newest first. */
    history: (name: string, version: number): AsyncGenerator<AuditEntry> =>
      pages((cursor) =>
        http.json(
          { method: 'GET', path: '/api/v1/audit', query: { cursor, subject: `${name}/${version}` } },
          pageSchema(auditEntrySchema),
        ),
      ),
    artifact: (name: string, version: number): Promise<Uint8Array> =>
      download(http, modelPath(name, `/versions/${version}/artifact`)),
  };
}
