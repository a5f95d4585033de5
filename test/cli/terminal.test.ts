import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobView, startFakeApi, type FakeApi } from '../sdk/client/fake-api.ts';

const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));

/** Runs a command on a real terminal of the given width and prints what it showed. */
const onTerminal = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 50, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b''
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
os.waitpid(pid, 0)
sys.stdout.write(shown.decode())
`;

let api: FakeApi;
beforeAll(async () => {
  const message = 'The command ended with exit code 1.';
  api = await startFakeApi(() => ({ body: { items: [jobView('failed', { message })], nextCursor: null } }));
});
afterAll(() => api.close());

async function shown(columns: number, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'python3',
    ['-c', onTerminal, String(columns), process.execPath, bin, 'jobs', 'list'],
    { env: { PATH: process.env['PATH'], TERM: 'xterm', ARTENIC_URL: api.url, ARTENIC_API_KEY: 'key', ...env } },
  );
  return stdout.replaceAll('\r\n', '\n');
}

test('a real terminal has short ids, its own width and colours', async () => {
  const text = await shown(60, {});
  expect(text).toContain('\u001B[31mfailed\u001B[39m');
  expect(text).toContain('00000001');
  expect(text).not.toContain('01900000-0000-7000-8000-000000000001');
  expect(await shown(60, { NO_COLOR: '1' })).not.toContain('\u001B');
});
