// Installs what the suite uses of others, so that its tests do not wait for it: `node scripts/tools-ahead.mjs go|python`.
// What fails is tried again, and told, by the test that needs it.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goTool } from './go-tools.mjs';
import { pythonTool } from './python-tools.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Each in the order in which the suite comes to them. */
const installs =
  process.argv[2] === 'go'
    ? [() => goTool(root, 'versitygw'), () => goTool(root, 'ec2-metadata-mock')]
    : [
        () => pythonTool(root, 'moto'),
        () => pythonTool(root, 'microburst'),
        () => pythonTool(root, 'mlserver'),
        () => pythonTool(root, 'tritonclient'),
        () => pythonTool(root, 'shellcheck'),
      ];

for (const install of installs) {
  try {
    install();
  } catch {
    // told by the test that needs it
  }
}
