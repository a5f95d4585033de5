import { dirname, delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { existsSync } from 'node:fs';
import { attemptMarkerVariable, runnerEnvironment, type Bootstrap, type HelloResponse } from '@artenic/core';
import type { Folders } from '../folders.ts';

/** Variables that a command inherits from the machine; the platform's own variables and secrets are not among them. */
const inherited = [
  'HOME',
  'LANG',
  'LOGNAME',
  'SHELL',
  'TERM',
  'TMPDIR',
  'TZ',
  'USER',
  'LD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const;
const inheritedPrefixes = ['LC_', 'PIP_', 'UV_', 'CUDA_', 'NVIDIA_', 'NPM_CONFIG_', 'XDG_'] as const;

function isInherited(name: string): boolean {
  return (inherited as readonly string[]).includes(name) || inheritedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Lets a package without its own copy import `@artenic/*` from the platform. Absent in the bundled runner. */
const sdkHook = fileURLToPath(new URL('./sdk-hook.mjs', import.meta.url));

/** Environment of setup and command. `venv` is the prepared Python environment, if there is one. */
export function commandEnvironment(parts: {
  readonly bootstrap: Bootstrap;
  readonly hello: HelloResponse;
  readonly folders: Folders;
  readonly venv: string | null;
}): Record<string, string> {
  const { bootstrap, hello, folders, venv } = parts;
  const fromMachine = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && isInherited(name) ? [[name, value]] : [],
    ),
  );
  const path = [
    ...(venv === null ? [] : [join(venv, 'bin')]),
    dirname(process.execPath),
    process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  ].join(delimiter);
  return {
    ...fromMachine,
    PATH: path,
    PYTHONUNBUFFERED: '1',
    ...(venv === null ? {} : { VIRTUAL_ENV: venv }),
    ...(existsSync(sdkHook)
      ? { NODE_OPTIONS: `--import=${pathToFileURL(sdkHook).href} --disable-warning=ExperimentalWarning` }
      : {}),
    // OpenTelemetry's variable: a training that creates spans joins the trace
    ...(bootstrap.traceparent === undefined ? {} : { TRACEPARENT: bootstrap.traceparent }),
    ...hello.job.env,
    ...hello.secrets,
    [runnerEnvironment.configFile]: folders.config,
    [runnerEnvironment.dataDir]: folders.data,
    [runnerEnvironment.checkpointDir]: folders.checkpoints,
    [runnerEnvironment.metricsFile]: folders.metrics,
    [runnerEnvironment.outputDir]: folders.outputs,
    [runnerEnvironment.stopFile]: folders.stopFile,
    [runnerEnvironment.checkpointFile]: folders.checkpointFile,
    ...(existsSync(folders.purged) ? { [runnerEnvironment.purgedFile]: folders.purged } : {}),
    [runnerEnvironment.jobId]: bootstrap.jobId,
    [runnerEnvironment.attempt]: String(bootstrap.attempt),
    [attemptMarkerVariable]: bootstrap.attemptId,
    ...(process.env['ARTENIC_INSTANCE'] === undefined ? {} : { ARTENIC_INSTANCE: process.env['ARTENIC_INSTANCE'] }),
  };
}
