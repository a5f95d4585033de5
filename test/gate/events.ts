import { existsSync, readFileSync } from 'node:fs';
import type { FileResult } from './verdict.ts';

/** Events that the reporter appends as JSON lines while they happen, so that they survive a crash of jest. */
export type RunEvent =
  | { readonly kind: 'started'; readonly file: string; readonly atMs: number }
  | { readonly kind: 'ended'; readonly result: FileResult; readonly wallMs: number; readonly cpuMs: number | null };

export function readEvents(path: string): RunEvent[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // The last line may be incomplete.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent);
}

/** Files that a run has started but not ended, with their start time. */
export function underWay(events: readonly RunEvent[]): Map<string, number> {
  const open = new Map<string, number>();
  for (const event of events) {
    if (event.kind === 'started') open.set(event.file, event.atMs);
    else open.delete(event.result.file);
  }
  return open;
}

const seconds = (ms: number | null): string => (ms === null ? '      ?' : `${(ms / 1000).toFixed(1).padStart(6)} s`);

/** The slowest files. Processor time includes the file's own processes, but not the servers that all files share. */
export function slowestLines(events: readonly RunEvent[], count: number): string {
  const ended = events.filter((event) => event.kind === 'ended').sort((a, b) => b.wallMs - a.wallMs);
  const rows = ended
    .slice(0, count)
    .map((event) => `${seconds(event.wallMs)} wall ${seconds(event.cpuMs)} processor  ${event.result.file}`);
  return [`slowest of ${ended.length} files:`, ...rows].join('\n');
}
