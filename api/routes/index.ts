import type { ApiDeps } from '../deps.ts';
import { createMetrics, type ApiMetrics } from '../metrics/metrics.ts';
import { createDoctor } from '../doctor/report.ts';
import { openApiDocument } from '../openapi.ts';
import { ok, route, type Route } from '../http/route.ts';
import { auditRoutes } from './platform/audit.ts';
import { doctorRoutes } from './platform/doctor.ts';
import { datasetDraftRoutes } from './datasets/drafts.ts';
import { datasetFileRoutes } from './datasets/files.ts';
import { datasetUploadRoutes } from './datasets/upload-file.ts';
import { datasetProfileRoutes } from './datasets/profiles.ts';
import { datasetRoutes } from './datasets/datasets.ts';
import { datasetVersionRoutes } from './datasets/versions.ts';
import { garbageRoutes } from './platform/garbage.ts';
import { jobOutputRoutes } from './jobs/job-output.ts';
import { jobRoutes } from './jobs/jobs.ts';
import { olderTrainingRoutes } from './jobs/older-training.ts';
import { datasetLineageRoutes } from './lineage/of-datasets.ts';
import { featureRoutes } from './lineage/features.ts';
import { fileLineageRoutes } from './lineage/file.ts';
import { lineageRoutes } from './lineage/lineage.ts';
import { runRoutes } from './lineage/runs.ts';
import { manyJobsRoutes } from './jobs/many-jobs.ts';
import { modelRoutes } from './models/models.ts';
import { objectRoutes } from './objects/objects.ts';
import { oipRoutes } from './predictions/oip.ts';
import { platformRoutes } from './platform/platform.ts';
import { predictionRoutes } from './predictions/predictions.ts';
import { offerRoutes } from './platform/offers.ts';
import { overviewRoutes } from './platform/overview.ts';
import { cspReportRoutes } from './sessions/csp-reports.ts';
import { runnerProgramRoutes } from './runners/programs.ts';
import { runnerDataRoutes } from './runners/data.ts';
import { runnerObjectRoutes } from './runners/objects.ts';
import { runnerRoutes } from './runners/runner.ts';
import { savedViewRoutes } from './platform/saved-views.ts';
import { searchRoutes } from './platform/search.ts';
import { sessionRoutes } from './sessions/session.ts';
import { signalRoutes } from './jobs/signals.ts';
import { signedObjectRoutes } from './objects/signed-objects.ts';
import { uploadRoutes } from './uploads/uploads.ts';

function describedRoutes(metrics: ApiMetrics): readonly Route[] {
  const doctor = createDoctor();
  return [
    ...jobRoutes(),
    ...manyJobsRoutes(),
    ...olderTrainingRoutes(),
    ...signalRoutes(),
    ...offerRoutes(),
    ...jobOutputRoutes(),
    ...objectRoutes(),
    ...signedObjectRoutes(),
    ...modelRoutes(),
    ...datasetRoutes(),
    ...datasetVersionRoutes(),
    ...datasetDraftRoutes(),
    ...datasetFileRoutes(),
    ...datasetUploadRoutes(),
    ...datasetProfileRoutes(),
    ...datasetLineageRoutes(),
    ...runRoutes(),
    ...featureRoutes(),
    ...lineageRoutes(),
    ...fileLineageRoutes(),
    ...uploadRoutes(),
    ...predictionRoutes(),
    ...oipRoutes(),
    ...overviewRoutes(),
    ...searchRoutes(),
    ...savedViewRoutes(),
    ...sessionRoutes(),
    ...platformRoutes(metrics, doctor),
    ...auditRoutes(),
    ...doctorRoutes(doctor),
    ...garbageRoutes(),
    ...cspReportRoutes(metrics),
    ...runnerRoutes(),
    ...runnerProgramRoutes(),
    ...runnerObjectRoutes(),
    ...runnerDataRoutes(),
  ];
}

/** Table of all routes: the app serves it, and the OpenAPI document describes it. */
export function createRoutes(deps: Pick<ApiDeps, 'version'>, metrics: ApiMetrics): readonly Route[] {
  const described = describedRoutes(metrics);
  const document = openApiDocument(described, deps.version);
  return [
    ...described,
    route({
      method: 'get',
      path: '/openapi.json',
      permission: 'open',
      openLimit: { perMinute: 60, counts: 'requests' },
      tag: 'platform',
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1' } },
      handle: () => Promise.resolve(ok(document)),
    }),
  ];
}

/** Text of the committed OpenAPI document. */
export function openApiText(version: string): string {
  return `${JSON.stringify(openApiDocument(describedRoutes(createMetrics()), version), null, 2)}\n`;
}
