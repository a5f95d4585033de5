import { memo, type MouseEvent, type ReactElement } from 'react';
import { ansiClass } from './ansi-class.ts';
import { ansiSpans } from './ansi.ts';
import type { LogLevel } from './level.ts';
import { lineHash } from './line-hash.ts';
import type { LogLine, LogSource } from './log-lines.ts';
import { piecesOf } from './log-pieces.ts';
import { matchesIn } from './log-search.ts';

export type LogRowProps = LogLine & {
  readonly isSelected: boolean;
  readonly pattern: RegExp | null;
  /** Index of the current match within the line, -1 for none. */
  readonly currentMatch: number;
  readonly isWrapped: boolean;
  readonly showsSource: boolean;
  readonly onSelect: (source: LogSource, number: number, isExtending: boolean) => void;
};

const barOf: Readonly<Record<LogLevel, string>> = {
  error: 'border-bad bg-bad/8',
  warn: 'border-warn bg-warn/8',
  info: 'border-transparent',
  debug: 'border-transparent text-muted',
  plain: 'border-transparent',
};

export const numberFormat = new Intl.NumberFormat();

function Text({
  text,
  startStyle,
  pattern,
  currentMatch,
}: Pick<LogRowProps, 'text' | 'startStyle' | 'pattern' | 'currentMatch'>): ReactElement {
  const { spans } = ansiSpans(text, startStyle);
  const ranges = pattern === null ? [] : matchesIn(spans.map((span) => span.text).join(''), pattern);
  return (
    <>
      {piecesOf(spans, ranges).map((piece, index) => {
        const className = ansiClass(piece.style);
        if (piece.match < 0) {
          return className === undefined ? (
            piece.text
          ) : (
            <span key={index} className={className}>
              {piece.text}
            </span>
          );
        }
        const isCurrent = piece.match === currentMatch;
        return (
          <mark
            key={index}
            data-current={isCurrent || undefined}
            className={isCurrent ? 'rounded-xs bg-warn text-canvas' : 'rounded-xs bg-warn/30 text-ink'}
          >
            {piece.text}
          </mark>
        );
      })}
    </>
  );
}

/** A line of the log. Training output is rendered as text only. */
export const LogRow = memo(function LogRow(props: LogRowProps): ReactElement {
  const { source, number, level, isSelected, isWrapped, showsSource, onSelect } = props;
  if (number === null) {
    return (
      <div className="flex items-center gap-3 text-warn">
        <span className="sticky left-3 ml-3">… {numberFormat.format(props.droppedBytes)} bytes dropped by the cap</span>
        <span className="mr-3 h-px flex-1 bg-warn/40" />
      </div>
    );
  }
  const select = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    onSelect(source, number, event.shiftKey);
  };
  return (
    <div
      data-id={props.id}
      className={`flex border-l-2 ${barOf[level]} ${isSelected ? 'bg-accent/15' : 'hover:bg-ink/4'}`}
    >
      <a
        href={lineHash({ source, from: number, to: number })}
        tabIndex={-1}
        aria-label={`Line ${number}`}
        onClick={select}
        className={`w-[var(--log-gutter)] shrink-0 pr-3 text-right tabular-nums select-none hover:text-ink ${isSelected ? 'text-ink' : 'text-muted'}`}
      >
        {number}
      </a>
      {showsSource && (
        <span className="w-[9ch] shrink-0 text-muted select-none max-sm:hidden">
          {source === 'training' ? '' : source}
        </span>
      )}
      <span
        className={`min-w-0 flex-1 pr-4 [unicode-bidi:plaintext] ${isWrapped ? 'break-all whitespace-pre-wrap' : 'whitespace-pre'}`}
      >
        <Text {...props} />
      </span>
    </div>
  );
});
