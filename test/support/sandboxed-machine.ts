import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesWith } from './processes.ts';

/** Programs that would affect this computer or delay the test. Each stub logs its calls. */
const stubs: Readonly<Record<string, string>> = {
  poweroff: 'echo "poweroff $*" >> "$SANDBOX/calls"',
  shutdown: 'echo "shutdown $*" >> "$SANDBOX/calls"',
  sleep: 'echo "sleep $*" >> "$SANDBOX/calls"; exec /bin/sleep 0.02',
};

/** Runs user data as a machine would, inside a folder: only its disk paths and the programs above are replaced. */
export class SandboxedMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'artenic-machine-'));
  readonly #userData: string;
  readonly #bin = join(this.folder, 'bin');

  /** `metadataUrl`: where the machine reads interruption warnings; by default nothing listens there. */
  constructor(userData: string, metadataUrl = 'http://127.0.0.1:9') {
    this.#userData = userData
      .replaceAll('/var/lib/artenic', join(this.folder, 'artenic'))
      .replaceAll('/var/lib/cloud', join(this.folder, 'cloud'))
      .replaceAll('http://169.254.169.254', metadataUrl);
    mkdirSync(this.#bin);
    mkdirSync(join(this.folder, 'cloud', 'scripts', 'per-boot'), { recursive: true });
    for (const [name, text] of Object.entries(stubs)) {
      writeFileSync(join(this.#bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
  }

  file(...names: string[]): string {
    return join(this.folder, ...names);
  }

  read(...names: string[]): string {
    const path = this.file(...names);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  get calls(): readonly string[] {
    return this.read('calls').split('\n').filter(Boolean);
  }

  /**
   * Boots the machine and waits for its end, which is the script's end. `hasNode`: the image contains this process's
   * Node.
   */
  async run(options: { readonly hasNode: boolean }): Promise<number | null> {
    const path = this.file('user-data');
    writeFileSync(path, this.#userData);
    const nodeFolder = this.file('node-bin');
    mkdirSync(nodeFolder);
    if (options.hasNode) {
      writeFileSync(join(nodeFolder, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    } else {
      // Simulates an image whose Node is too old.
      writeFileSync(join(nodeFolder, 'node'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    }
    const log = openSync(this.file('console'), 'a');
    try {
      const child = spawn('/bin/sh', [path], {
        stdio: ['ignore', log, log],
        cwd: this.folder,
        env: {
          PATH: `${this.#bin}:${nodeFolder}:/usr/local/bin:/usr/bin:/bin`,
          SANDBOX: this.folder,
        },
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    } finally {
      closeSync(log);
    }
  }

  /** Pids of the machine's processes that are still alive. */
  left(): readonly number[] {
    return processesWith(this.folder);
  }

  /** Kills all processes at once. */
  cutPower(): void {
    for (const pid of this.left()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  destroy(): void {
    this.cutPower();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
