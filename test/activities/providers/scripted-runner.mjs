// Replaces the runner: reports that it has begun, then acts as the attempt's id says.
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const { attemptId, storage } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const child = (options = {}) => spawn('sleep', ['300'], { stdio: 'ignore', ...options });

console.log(`runner of ${JSON.stringify(attemptId)}`);
if (attemptId.startsWith('chatty/')) console.log('x'.repeat(200_000), 'the end');
if (attemptId.startsWith('parent/')) child({ detached: true });
if (attemptId.startsWith('breeding/')) setInterval(() => child({ detached: true }), 5);
appendFileSync(
  join(storage.root, 'begun'),
  `${JSON.stringify({ attemptId, environment: process.env, cwd: process.cwd() })}\n`,
);
if (attemptId.startsWith('brief/')) process.exit(0);
setInterval(() => {}, 60_000);
