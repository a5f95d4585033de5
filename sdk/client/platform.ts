import {
  doctorReportSchema,
  auditEntrySchema,
  garbageReportSchema,
  offersViewSchema,
  pageSchema,
  providerViewSchema,
  unresolvedInstanceSchema,
  type AuditEntry,
  type AuditVerb,
  type DoctorReport,
  type GarbageReport,
  type OffersView,
  type Page,
  type ProviderView,
  type UnresolvedInstance,
} from '@artenic/core';
import { z } from 'zod';
import type { Http } from './http.ts';

export type AuditQuery = {
  readonly cursor?: string;
  readonly limit?: number;
  readonly verb?: AuditVerb;
  readonly subject?: string;
  /** An API key's id, or `system:<name>`. */
  readonly principal?: string;
};

export const itemsOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** An absent field is no condition. */
export type OffersQuery = {
  readonly provider?: string;
  readonly regions?: readonly string[];
  readonly market?: 'spot' | 'on-demand';
  /** Type of accelerator. */
  readonly gpu?: string;
  /** Least number of accelerators. */
  readonly gpus?: number;
  readonly vcpu?: number;
  readonly memoryGib?: number;
  readonly maxHourlyUsd?: number;
  readonly limit?: number;
};

/** The providers on which jobs can run, and their problems. */
export function platformApi(http: Http) {
  return {
    providers: async (): Promise<readonly ProviderView[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/providers' }, itemsOf(providerViewSchema))).items,
    /** Problems of providers, sweeps, clocks and instances. */
    doctor: (): Promise<DoctorReport> => http.json({ method: 'GET', path: '/api/v1/doctor' }, doctorReportSchema),
    /** Objects and rows that the collector would remove now. */
    garbage: (): Promise<GarbageReport> => http.json({ method: 'GET', path: '/api/v1/garbage' }, garbageReportSchema),
    /** The audit log, newest first. */
    audit: (query: AuditQuery = {}): Promise<Page<AuditEntry>> =>
      http.json({ method: 'GET', path: '/api/v1/audit', query: { ...query } }, pageSchema(auditEntrySchema)),
    /** Instances that exist at their provider and should not, longest first. */
    unresolvedInstances: async (): Promise<readonly UnresolvedInstance[]> =>
      (await http.json({ method: 'GET', path: '/api/v1/instances/unresolved' }, itemsOf(unresolvedInstanceSchema)))
        .items,
    /** Offers as the providers last reported them, cheapest first. */
    offers: ({ regions, ...query }: OffersQuery = {}): Promise<OffersView> =>
      http.json(
        { method: 'GET', path: '/api/v1/offers', query: { ...query, regions: regions?.join(',') } },
        offersViewSchema,
      ),
  };
}
