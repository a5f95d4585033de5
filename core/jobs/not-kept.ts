import type { NotKept } from '@artenic/core';

const mostNamed = 3;

/**
 * Sentence about the outputs that a finished attempt could not store, to follow its verdict; empty if all are stored.
 */
export function notKeptWords(notKept: NotKept | undefined): string {
  if (notKept === undefined) return '';
  const { count, files } = notKept;
  const named = files.slice(0, mostNamed).map(({ path, reason }) => `\`${path}\` (${reason})`);
  const more = count > named.length ? ` and ${count - named.length} more` : '';
  return `${count === 1 ? '1 output is' : `${count} outputs are`} not kept: ${named.join(', ')}${more}.`;
}
