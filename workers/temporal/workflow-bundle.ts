import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Temporal's interceptors that create spans within the workflow sandbox. */
const tracedModule = '@temporalio/interceptors-opentelemetry-v2/lib/workflow-interceptors';

/**
 * The workflows as one script for Temporal's sandbox, byte-identical between builds. `isTraced`: with the tracing
 * interceptors.
 */
export async function buildWorkflowBundle({ isTraced }: { readonly isTraced: boolean }): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: new DefaultLogger('WARN'),
    ...(isTraced ? { workflowInterceptorModules: [createRequire(import.meta.url).resolve(tracedModule)] } : {}),
  });
  return code;
}

/** Path of the traced bundle, which `scripts/build.ts` writes beside the plain one. */
export function tracedPathOf(path: string): string {
  return path.replace(/(?:\.js)?$/, '-traced.js');
}
