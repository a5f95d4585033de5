import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { attemptMarkerVariable } from '@artenic/core';
import { ArtenicError, messageOf } from '../../../core/errors.ts';
import { isThere, type Instance } from './instance.ts';
import { instanceMarkerVariable } from './processes.ts';

const pollMs = 5;

/** Environment variables that instances inherit. The platform's own are excluded, because they may hold secrets. */
const passedOn = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'NODE_COMPILE_CACHE'],
  'ARTENIC_DATA_CACHE_GIB',
]);
const passedOnPrefixes = ['LC_', 'PIP_', 'UV_', 'CUDA_', 'NVIDIA_', 'NPM_CONFIG_', 'XDG_'];

/**
 * Start script that becomes the runner by `exec`, with the same pid and start. Before that it writes the instance's
 * record, which only one process can do. So concurrent or repeated launches result in one runner, even after a crash.
 */
const startScript = (readStart: string) => `set -f
folder=$1 node=$2 entry=$3
${readStart}
locked=false
if command -v flock > /dev/null; then locked=true; fi
printf '{"pid":%s,"startedAt":"%s","bootId":"%s","pidNamespace":"%s","isLocked":%s}' \
  "$$" "$started" "$boot" "$namespace" "$locked" > "$folder/record.json.$$" || exit 3
ln "$folder/record.json.$$" "$folder/record.json" 2>/dev/null
claimed=$?
rm -f "$folder/record.json.$$"
if [ "$claimed" != 0 ]; then [ -e "$folder/record.json" ]; exit $?; fi
# held by this process alone, and by the kernel let go with it
if [ "$locked" = true ]; then exec 9> "$folder/alive" && flock 9 || exit 3; fi
exec "$node" --disable-warning=ExperimentalWarning "$entry" "$folder/bootstrap.json"
`;
const readStartFromProc = `read -r boot < /proc/sys/kernel/random/boot_id
read -r stat < "/proc/$$/stat"
set -- \${stat##*) }
started=\${20}
namespace=$(readlink /proc/self/ns/pid)`;
const readStartFromPs = `boot=none
namespace=none
started=$(LC_ALL=C ps -o lstart= -p "$$")
started=\${started% }`;

export type RunnerProgram = {
  readonly nodePath: string;
  readonly runnerEntry: string;
  readonly launchTimeoutMs: number;
};

/** Returns when the instance has its record, written by this start or another. */
export async function spawnRunner(instance: Instance, program: RunnerProgram): Promise<void> {
  const started = start(instance, program);
  const deadlineMs = performance.now() + program.launchTimeoutMs;
  for (;;) {
    const end = started.end();
    // the end is read before the record, because a process that has ended wrote its record earlier
    if (await isThere(instance.files.record)) return;
    if (end !== null) throw new ArtenicError('transient', `The instance could not be started (${end}).`);
    if (performance.now() >= deadlineMs) {
      throw new ArtenicError('unknown-outcome', 'The instance has been started, but has not said so in time.');
    }
    await sleep(pollMs);
  }
}

function start(instance: Instance, { nodePath, runnerEntry }: RunnerProgram): { readonly end: () => string | null } {
  const script = startScript(process.platform === 'linux' ? readStartFromProc : readStartFromPs);
  const log = openSync(instance.files.log, 'a', 0o600);
  let end: string | null = null;
  try {
    const child = spawn('/bin/sh', ['-c', script, 'artenic-instance', instance.folder, nodePath, runnerEntry], {
      // the instance gets its own session, so that it survives the end of the worker
      detached: true,
      cwd: instance.folder,
      env: environmentOf(instance),
      stdio: ['ignore', log, log],
    });
    child.once('error', (error) => {
      end = messageOf(error);
    });
    child.once('exit', (code, signal) => {
      end = signal ?? `exit code ${code}`;
    });
    child.unref();
  } finally {
    closeSync(log);
  }
  return { end: () => end };
}

/** Environment for a runner process; includes the instance's marks if an instance is given. */
export function environmentOf(instance: Instance | null): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => passedOn.has(name) || passedOnPrefixes.some((prefix) => name.startsWith(prefix)),
  );
  const marks =
    instance === null ? {} : { [attemptMarkerVariable]: instance.attemptId, [instanceMarkerVariable]: instance.folder };
  return { ...Object.fromEntries(kept), ...marks };
}
