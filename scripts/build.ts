import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWorkflowBundle } from '../workers/temporal/workflow-bundle.ts';
import { bundleRunner } from './runner-bundle.ts';
import { buildWeb } from './web-build.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const target = join(root, 'dist');

/** Bundles the workflows, so that Temporal's worker loads the bundle instead of building it at start. */
async function workflows(): Promise<number> {
  const code = await buildWorkflowBundle();
  writeFileSync(join(target, 'workflows.js'), code);
  return code.length;
}

mkdirSync(target, { recursive: true });
buildWeb(root);
const [workflowBytes, runnerBytes] = await Promise.all([workflows(), bundleRunner(join(target, 'runner.mjs'))]);
process.stdout.write(
  `dist/workflows.js ${Math.round(workflowBytes / 1024)} KiB, dist/runner.mjs ${Math.round(runnerBytes / 1024)} KiB, web/dist\n`,
);
