import { useId, type ReactElement, type ReactNode } from 'react';

export type CardProps = {
  readonly title?: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Whether the content brings its own padding. */
  readonly isFlush?: boolean;
  /** Colour of the border of a card that warns. */
  readonly tone?: 'warn' | 'bad' | undefined;
  readonly className?: string;
};

const borders = { plain: 'border-line', warn: 'border-warn/60', bad: 'border-bad/70' } as const;

/** A panel with a title. */
export function Card(props: CardProps): ReactElement {
  const { title, note, actions, children, isFlush = false, tone, className = '' } = props;
  const titleId = useId();
  const box = `min-w-0 overflow-hidden rounded-lg border ${borders[tone ?? 'plain']} bg-surface shadow-card ${className}`;
  const body = isFlush ? children : <div className="p-4">{children}</div>;
  if (title === undefined) return <div className={box}>{body}</div>;
  return (
    <section aria-labelledby={titleId} className={box}>
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h2 id={titleId} className="text-sm font-semibold">
          {title}
        </h2>
        {note !== undefined && <span className="text-xs text-muted tabular-nums">{note}</span>}
        {actions !== undefined && <div className="ml-auto flex items-center gap-2">{actions}</div>}
      </div>
      {body}
    </section>
  );
}
