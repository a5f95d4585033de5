import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run tests by \`npm test\``);
  return value;
}

/** A namespace for the calling file on the run's single server, so that queues and workflow ids never collide. */
export async function testTemporal(): Promise<{
  readonly address: string;
  readonly namespace: string;
  readonly workflowBundlePath: string;
}> {
  const folder = join(variable('ARTENIC_TEST_FOLDER'), 'namespaces');
  for (let index = 0; index < 64; index++) {
    try {
      closeSync(openSync(join(folder, String(index)), 'wx'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    return {
      address: variable('ARTENIC_TEST_TEMPORAL_ADDRESS'),
      namespace: `test-${index}`,
      workflowBundlePath: variable('ARTENIC_TEST_WORKFLOW_BUNDLE'),
    };
  }
  throw new Error('all test namespaces are taken: raise their number in global-setup.ts');
}
