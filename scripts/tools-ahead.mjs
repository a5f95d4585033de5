// Installs the suite's third-party tools, so that tests do not wait for them: `node scripts/tools-ahead.mjs go|python`.
// The test that needs a tool installs it again after a failure, and reports the failure.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goTool } from './go-tools.mjs';
import { nodeTool } from './node-tools.mjs';
import { pythonTool } from './python-tools.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** In the order in which the suite uses them. */
const installs =
  process.argv[2] === 'go'
    ? [() => goTool(root, 'versitygw'), () => goTool(root, 'ec2-metadata-mock'), () => goTool(root, 'fake-gcs-server')]
    : [
        () => pythonTool(root, 'moto'),
        () => pythonTool(root, 'microburst'),
        () => pythonTool(root, 'gcp-storage-emulator'),
        () => nodeTool(root, 'azurite-blob'),
        () => pythonTool(root, 'mlserver'),
        () => pythonTool(root, 'tritonclient'),
        () => pythonTool(root, 'shellcheck'),
      ];

for (const install of installs) {
  try {
    install();
  } catch {
    // The test that needs the tool reports it.
  }
}
