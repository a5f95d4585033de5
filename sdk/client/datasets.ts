import {
  contentsAnswerSchema,
  datasetDraftSchema,
  datasetDiffItemSchema,
  datasetEntrySchema,
  datasetStatsSchema,
  datasetTagMoveSchema,
  datasetTagViewSchema,
  datasetVersionViewSchema,
  datasetViewSchema,
  fileProfileSchema,
  fileStatsSchema,
  pageSchema,
  previewSchema,
  purgeAnswerSchema,
  storageOptionSchema,
  type DatasetCommit,
  type DatasetDiffItem,
  type DatasetDraftView,
  type DatasetEntry,
  type DatasetPreview,
  type DatasetStats,
  type DatasetTagMoveView,
  type DatasetTagView,
  type DatasetVersionView,
  type DatasetView,
  type DraftChanges,
  type FileProfile,
  type FileStats,
  type MissingContent,
  type NewDataset,
  type StorageOption,
} from '@artenic/core';
import type { z } from 'zod';
import { readDownload, type ReadContent } from './download.ts';
import type { ClientOptions, Http, UploadBody } from './http.ts';
import { pages, type Signal } from './pages.ts';
import { itemsOf } from './platform.ts';
import { sendSigned } from './signed.ts';

const datasetPath = (dataset: string, rest = ''): string => `/api/v1/datasets/${encodeURIComponent(dataset)}${rest}`;
const filePath = (dataset: string, path: string): string =>
  datasetPath(dataset, `/files/${path.split('/').map(encodeURIComponent).join('/')}`);

/** A reference to a version: `latest`, a number or a tag. */
type VersionRef = string | number;

type All = <T extends z.ZodType>(
  path: string,
  item: T,
  query?: Readonly<Record<string, string | number | undefined>>,
) => AsyncGenerator<z.output<T>>;

const allPages =
  (http: Http): All =>
  <T extends z.ZodType>(path: string, item: T, query: Readonly<Record<string, string | number | undefined>> = {}) =>
    pages<z.output<T>>((cursor) => http.json({ method: 'GET', path, query: { ...query, cursor } }, pageSchema(item)));

/** Datasets and their versions, by name or id. */
export function datasetsApi(http: Http, clientOptions: Pick<ClientOptions, 'fetch' | 'retries'>) {
  const all = allPages(http);
  return {
    create: (dataset: NewDataset): Promise<DatasetView> =>
      http.json({ method: 'POST', path: '/api/v1/datasets', json: dataset }, datasetViewSchema),
    list: (
      query: { readonly status?: DatasetView['status']; readonly text?: string } = {},
    ): AsyncGenerator<DatasetView> => all('/api/v1/datasets', datasetViewSchema, query),
    /** The storages for files of datasets, and what each cannot do. */
    storageOptions: async (): Promise<readonly StorageOption[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/datasets/storage-options' }, itemsOf(storageOptionSchema)))
        .items,
    get: (dataset: string): Promise<DatasetView> =>
      http.json({ method: 'GET', path: datasetPath(dataset) }, datasetViewSchema),
    update: (
      dataset: string,
      change: { readonly name?: string; readonly description?: string },
    ): Promise<DatasetView> =>
      http.json({ method: 'PATCH', path: datasetPath(dataset), json: change }, datasetViewSchema),
    setStatus: (dataset: string, status: DatasetView['status']): Promise<DatasetView> =>
      http.json({ method: 'PATCH', path: datasetPath(dataset, '/status'), json: { status } }, datasetViewSchema),
    delete: async (dataset: string): Promise<void> =>
      void (await http.raw({ method: 'DELETE', path: datasetPath(dataset) }, (response) => response.text())),
    /** Removes one content from all versions, for good. */
    purge: (
      dataset: string,
      what: { readonly path?: string; readonly sha256?: string; readonly reason: string },
    ): Promise<z.output<typeof purgeAnswerSchema>> =>
      http.json({ method: 'POST', path: datasetPath(dataset, '/purge'), json: what }, purgeAnswerSchema),
    /** Contents that are not stored yet, at most 1,000 in a call, with a request that stores each. */
    missing: async (
      contents: readonly { readonly sha256: string; readonly bytes: number }[],
    ): Promise<readonly MissingContent[]> =>
      (
        await http.json(
          { method: 'POST', path: '/api/v1/dataset-contents/missing', json: { contents } },
          contentsAnswerSchema,
        )
      ).missing,
    /** Sends a missing content, directly to the storage where it is reachable. Calls `body` for each try. */
    store: ({ request }: MissingContent, body: () => UploadBody, options: Signal = {}): Promise<void> =>
      sendSigned(clientOptions, request, body, options.signal),
    /** Makes the next version; the contents are stored before. */
    commit: (dataset: string, commit: DatasetCommit): Promise<DatasetVersionView> =>
      http.json(
        { method: 'POST', path: datasetPath(dataset, '/versions'), json: commit, unbounded: true },
        datasetVersionViewSchema,
      ),
    ...draftsApi(http),
    ...versionsApi(http, all),
    ...profilesApi(http, all),
  };
}

/** Versions with more changes than one request may have. */
function draftsApi(http: Http) {
  const draftPath = (dataset: string, draft: string, rest = ''): string =>
    datasetPath(dataset, `/drafts/${encodeURIComponent(draft)}${rest}`);
  return {
    openDraft: (dataset: string, expectedVersion?: number): Promise<DatasetDraftView> =>
      http.json(
        { method: 'POST', path: datasetPath(dataset, '/drafts'), json: { expectedVersion } },
        datasetDraftSchema,
      ),
    /** Adds at most 50,000 changes to a draft; the contents are stored before. */
    changeDraft: (dataset: string, draft: string, changes: DraftChanges): Promise<DatasetDraftView> =>
      http.json(
        { method: 'POST', path: draftPath(dataset, draft, '/changes'), json: changes, unbounded: true },
        datasetDraftSchema,
      ),
    commitDraft: (dataset: string, draft: string, message = ''): Promise<DatasetVersionView> =>
      http.json(
        { method: 'POST', path: draftPath(dataset, draft, '/commit'), json: { message } },
        datasetVersionViewSchema,
      ),
    deleteDraft: async (dataset: string, draft: string): Promise<void> =>
      void (await http.raw({ method: 'DELETE', path: draftPath(dataset, draft) }, (response) => response.text())),
  };
}

/** Rows to show; `sort` is a column, or `-column`; `filter` is `column:operator:value`. */
export type PreviewQuery = {
  readonly version?: VersionRef;
  /** The first table of the version when absent. */
  readonly path?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly sort?: string;
  readonly filter?: string;
  readonly search?: string;
};

/** Statistics of the files of a version, and their rows. */
function profilesApi(http: Http, all: All) {
  return {
    /** Counts of a version, and its first files. */
    stats: (dataset: string, version: VersionRef = 'latest'): Promise<DatasetStats> =>
      http.json({ method: 'GET', path: datasetPath(dataset, '/stats'), query: { version } }, datasetStatsSchema),
    /** All files of a version, with their rows, columns and sizes. */
    fileStats: (dataset: string, version: VersionRef = 'latest'): AsyncGenerator<FileStats> =>
      all(datasetPath(dataset, '/stats'), fileStatsSchema, { version, limit: 1000 }),
    /** Schema and statistics of a file. */
    profile: (dataset: string, path: string, version: VersionRef = 'latest'): Promise<FileProfile> =>
      http.json({ method: 'GET', path: datasetPath(dataset, '/profile'), query: { path, version } }, fileProfileSchema),
    preview: (dataset: string, query: PreviewQuery = {}): Promise<DatasetPreview> =>
      http.json({ method: 'GET', path: datasetPath(dataset, '/preview'), query }, previewSchema),
  };
}

/** Versions of a dataset, with their files and tags. */
function versionsApi(http: Http, all: All) {
  return {
    versions: (dataset: string): AsyncGenerator<DatasetVersionView> =>
      all(datasetPath(dataset, '/versions'), datasetVersionViewSchema),
    version: (dataset: string, version: VersionRef = 'latest'): Promise<DatasetVersionView> =>
      http.json({ method: 'GET', path: datasetPath(dataset, `/versions/${version}`) }, datasetVersionViewSchema),
    /** Differences from another version, the parent by default. */
    diff: (dataset: string, version: VersionRef, from?: VersionRef): AsyncGenerator<DatasetDiffItem> =>
      all(datasetPath(dataset, `/versions/${version}/diff`), datasetDiffItemSchema, { from, limit: 1000 }),
    /** Files and folders of a folder; with `recursive` all files below it. */
    files: (
      dataset: string,
      query: {
        readonly version?: VersionRef;
        readonly folder?: string;
        /** Instead of a folder: all files whose paths start with this, in either case. */
        readonly prefix?: string;
        readonly recursive?: boolean;
      } = {},
    ): AsyncGenerator<DatasetEntry> =>
      all(datasetPath(dataset, '/files'), datasetEntrySchema, {
        ...{ version: query.version, folder: query.folder, prefix: query.prefix, limit: 1000 },
        recursive: query.recursive === true ? 'true' : undefined,
      }),
    removeFile: (dataset: string, path: string): Promise<DatasetVersionView> =>
      http.json({ method: 'DELETE', path: filePath(dataset, path) }, datasetVersionViewSchema),
    /** Gives the content of a file to `read` as it arrives; with `offset` it begins there. */
    readFile: <T>(
      dataset: string,
      path: string,
      read: ReadContent<T>,
      version: VersionRef = 'latest',
      offset?: () => number,
    ): Promise<T> => readDownload(http, `${filePath(dataset, path)}?version=${version}`, read, offset),
    tags: async (dataset: string): Promise<readonly DatasetTagView[]> =>
      (await http.json({ method: 'GET', path: datasetPath(dataset, '/tags') }, itemsOf(datasetTagViewSchema))).items,
    tagHistory: (dataset: string): AsyncGenerator<DatasetTagMoveView> =>
      all(datasetPath(dataset, '/tag-history'), datasetTagMoveSchema),
    setTag: async (dataset: string, tag: string, version: number): Promise<void> => {
      const path = datasetPath(dataset, `/tags/${tag}`);
      await http.raw({ method: 'PUT', path, json: { version } }, (response) => response.text());
    },
    removeTag: async (dataset: string, tag: string): Promise<void> =>
      void (await http.raw({ method: 'DELETE', path: datasetPath(dataset, `/tags/${tag}`) }, (response) =>
        response.text(),
      )),
  };
}
