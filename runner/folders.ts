import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** All files and folders of one attempt on its machine. */
export type Folders = {
  readonly root: string;
  readonly package: string;
  /** The attempt's own Python environment, layered over the prepared one. */
  readonly venv: string;
  readonly data: string;
  readonly checkpoints: string;
  readonly outputs: string;
  readonly logs: { readonly setup: string; readonly training: string };
  readonly metrics: string;
  /** System metrics, written by the runner. */
  readonly system: string;
  readonly config: string;
  /** Lists the files of datasets that are left out because they were purged. */
  readonly purged: string;
  readonly stopFile: string;
  readonly checkpointFile: string;
};

export function makeFolders(root: string): Folders {
  const at = (name: string): string => join(root, name);
  const folders: Folders = {
    root,
    package: at('package'),
    venv: at('venv'),
    data: at('data'),
    checkpoints: at('checkpoints'),
    outputs: at('outputs'),
    logs: { setup: join(root, 'logs', 'setup.log'), training: join(root, 'logs', 'training.log') },
    metrics: at('metrics.jsonl'),
    system: at('system.jsonl'),
    config: at('config.json'),
    purged: at('purged.txt'),
    stopFile: at('stop'),
    checkpointFile: at('checkpoint-now'),
  };
  for (const folder of [folders.package, folders.data, folders.checkpoints, folders.outputs, at('logs')])
    mkdirSync(folder, { recursive: true });
  return folders;
}
