import { execFile } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tracedPathOf } from '../../workers/temporal/workflow-bundle.ts';

const builder = fileURLToPath(new URL('../../workers/temporal/workflow-bundle.ts', import.meta.url));
const script = `
import { writeFileSync } from 'node:fs';
const { buildWorkflowBundle } = await import(process.argv[1]);
writeFileSync(process.argv[2], await buildWorkflowBundle({ isTraced: true }));
`;

/**
 * The workflows with tracing interceptors. Built once in a run, outside of jest, where the build takes a fraction of
 * the time.
 */
export async function tracedBundle(workflowBundlePath: string): Promise<string> {
  const path = tracedPathOf(workflowBundlePath);
  if (!existsSync(path)) {
    const own = `${path}.${process.pid}`;
    const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
    await promisify(execFile)(process.execPath, [...options, builder, own]);
    renameSync(own, path);
  }
  return readFileSync(path, 'utf8');
}
