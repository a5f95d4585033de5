import { logSources, type LogSource } from './log-lines.ts';

/** Lines named in the address: `#L12`, `#L12-L20`, and `#setup-L3` for a source other than the training. */
export type LineRange = { readonly source: LogSource; readonly from: number; readonly to: number };

export function parseLineHash(hash: string): LineRange | null {
  const found = /^#?(?:([a-z]+)-)?L(\d{1,9})(?:-L(\d{1,9}))?$/.exec(hash);
  if (found === null) return null;
  const source = found[1] === undefined ? 'training' : logSources.find((one) => one === found[1]);
  const first = Number(found[2]);
  const last = Number(found[3] ?? found[2]);
  if (source === undefined || first < 1 || last < 1) return null;
  return { source, from: Math.min(first, last), to: Math.max(first, last) };
}

export function lineHash({ source, from, to }: LineRange): string {
  const prefix = source === 'training' ? '' : `${source}-`;
  return `#${prefix}L${from}${to > from ? `-L${to}` : ''}`;
}

/** A click on a line number selects the line; with Shift, all lines from the selected one to it. */
export function selectLine(
  before: LineRange | null,
  clicked: { readonly source: LogSource; readonly number: number },
  isExtending: boolean,
): LineRange {
  const { source, number } = clicked;
  if (!isExtending || before === null || before.source !== source) return { source, from: number, to: number };
  return { source, from: Math.min(before.from, number), to: Math.max(before.to, number) };
}
