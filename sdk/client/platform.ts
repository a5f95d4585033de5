import {
  doctorReportSchema,
  auditEntrySchema,
  garbageReportSchema,
  offersViewSchema,
  pageSchema,
  providerViewSchema,
  savedViewSchema,
  searchViewSchema,
  unresolvedInstanceSchema,
  type AuditEntry,
  type AuditVerb,
  type DoctorReport,
  type GarbageReport,
  type OffersView,
  type Page,
  type ProviderView,
  type SavedView,
  type SavedViewInput,
  type SearchItem,
  type UnresolvedInstance,
} from '@artenic/core';
import { z } from 'zod';
import type { Http } from './http.ts';
import type { Signal } from './pages.ts';

export type AuditQuery = {
  readonly cursor?: string;
  readonly limit?: number;
  readonly verb?: AuditVerb;
  readonly subject?: string;
  /** An API key's id, or `system:<name>`. */
  readonly principal?: string;
};

export const itemsOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** Filters for offers; an absent field does not filter. */
export type OffersQuery = {
  readonly provider?: string;
  readonly regions?: readonly string[];
  readonly market?: 'spot' | 'on-demand';
  /** Type of accelerator. */
  readonly gpu?: string;
  /** Minimum number of GPUs. */
  readonly gpus?: number;
  readonly vcpu?: number;
  readonly memoryGib?: number;
  readonly maxHourlyUsd?: number;
  readonly limit?: number;
};

const viewPath = (id: string): string => `/api/v1/views/${encodeURIComponent(id)}`;

/** Saved views of the key's user. */
function viewsApi(http: Http) {
  return {
    /** By page and name. */
    list: async (page?: string): Promise<readonly SavedView[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/views', query: { page } }, itemsOf(savedViewSchema))).items,
    create: (view: SavedViewInput): Promise<SavedView> =>
      http.json({ method: 'POST', path: '/api/v1/views', json: view }, savedViewSchema),
    update: (id: string, view: SavedViewInput): Promise<SavedView> =>
      http.json({ method: 'PUT', path: viewPath(id), json: view }, savedViewSchema),
    delete: async (id: string): Promise<void> => {
      await http.raw({ method: 'DELETE', path: viewPath(id) }, (answer) => answer.text());
    },
  };
}

/** Requests about providers, offers and the platform's condition. */
export function platformApi(http: Http) {
  return {
    providers: async (): Promise<readonly ProviderView[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/providers' }, itemsOf(providerViewSchema))).items,
    /** Jobs, models, versions, services and providers with these words, or the job with this id; the nearest first. */
    search: async (
      q: string,
      { limit, ...options }: Signal & { readonly limit?: number } = {},
    ): Promise<readonly SearchItem[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/search', query: { q, limit }, ...options }, searchViewSchema))
        .items,
    views: viewsApi(http),
    /** Problems with providers, sweeps, clocks and instances. */
    doctor: (): Promise<DoctorReport> => http.json({ method: 'GET', path: '/api/v1/doctor' }, doctorReportSchema),
    /** Rows and objects that the collector would remove now. */
    garbage: (): Promise<GarbageReport> => http.json({ method: 'GET', path: '/api/v1/garbage' }, garbageReportSchema),
    /** Audit entries, newest first. */
    audit: (query: AuditQuery = {}): Promise<Page<AuditEntry>> =>
      http.json({ method: 'GET', path: '/api/v1/audit', query: { ...query } }, pageSchema(auditEntrySchema)),
    /** Instances that exist at their provider but should not, longest first. */
    unresolvedInstances: async (): Promise<readonly UnresolvedInstance[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/instances/unresolved' }, itemsOf(unresolvedInstanceSchema)))
        .items,
    /** Offers that can be launched, cheapest first, from the providers' last catalogs. */
    offers: ({ regions, ...query }: OffersQuery = {}): Promise<OffersView> =>
      http.json(
        { method: 'GET', path: '/api/v1/offers', query: { ...query, regions: regions?.join(',') } },
        offersViewSchema,
      ),
  };
}
