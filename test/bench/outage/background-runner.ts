import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * A runner that takes processor time only when little else wants it. The machines of a bench stand for other
 * computers, so their work may not slow down the platform on this one.
 */
const niceness = 19;
setPriority(niceness);
// Linux shares the processor between sessions first, and a machine is a session of its own.
try {
  writeFileSync('/proc/self/autogroup', String(niceness));
} catch (error) {
  console.error(`without autogroups: ${String(error)}`);
}
await import('../../../runner/main.ts');
