/**
 * `node test/schemathesis/main.ts [options of st run]`: schemathesis against every operation of a platform of its own with
 * a trained model.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { poll } from '../support/poll.ts';
import { runSchemathesis } from '../support/schemathesis.ts';
import { createStack } from '../support/stack.ts';

const demoTimeoutMs = 300_000;

const bin = pythonTool(fileURLToPath(new URL('../../', import.meta.url)), 'schemathesis');
const stack = createStack();
try {
  await stack.start([]);
  const demo = join(stack.home, 'demo.json');
  await poll('the first model', demoTimeoutMs, () => (existsSync(demo) ? true : null));
  const { jobId } = z.object({ jobId: z.string() }).parse(JSON.parse(readFileSync(demo, 'utf8')));
  const asked = { api: stack.endpoints().api, key: stack.adminKey(), jobId, model: 'penguins' };
  const { exitCode, printed } = await runSchemathesis(bin, asked, process.argv.slice(2));
  process.stdout.write(printed);
  process.exitCode = exitCode ?? 1;
} finally {
  await stack.destroy();
}
