import type { ReactElement, ReactNode } from 'react';
import { HelpLink } from '../features/help/help-link.tsx';
import { sectionOfError } from '../features/help/page-topics.ts';
import { toApiError, type ApiError } from '../lib/api.ts';
import { Button } from './button.tsx';
import { CommandLine } from './command-line.tsx';
import { Icon, type IconName } from './icon.tsx';

export type EmptyStateProps = {
  readonly icon: IconName;
  readonly title: string;
  /** Why the list is empty, and how to fill it. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly command?: string;
};

export function EmptyState({ icon, title, children, action, command }: EmptyStateProps): ReactElement {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <span className="flex size-11 items-center justify-center rounded-xl border border-line bg-canvas text-muted shadow-card">
        <Icon name={icon} className="size-5" />
      </span>
      <div className="max-w-md space-y-1">
        <p className="text-base font-semibold">{title}</p>
        <p className="text-sm text-pretty text-muted">{children}</p>
      </div>
      {action}
      {command !== undefined && <CommandLine command={command} />}
    </div>
  );
}

/** The section about the error; none for an answer that is not the API's own. */
function ErrorHelp({ error }: { readonly error: ApiError }): ReactElement | null {
  if (error.problem === null && error.status !== 0) return null;
  const target = sectionOfError(error.problem?.type ?? null);
  return target === null ? null : <HelpLink target={target} />;
}

export function ErrorState({
  error,
  onRetry,
  isRetrying = false,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly isRetrying?: boolean;
}): ReactElement {
  const known = toApiError(error);
  const { title, message, requestId } = known;
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-10 text-center">
      <span className="flex size-11 items-center justify-center rounded-xl border border-bad/30 bg-bad/10 text-bad">
        <Icon name="warning" className="size-5" />
      </span>
      <div className="max-w-md space-y-1">
        <p className="text-base font-semibold">{title}</p>
        <p className="text-sm text-pretty text-muted">{message}</p>
        {requestId !== null && (
          <p className="text-xs text-muted">
            Request <code className="font-mono">{requestId}</code>
          </p>
        )}
      </div>
      <Button icon="recover" onClick={onRetry} isBusy={isRetrying}>
        Retry
      </Button>
      <ErrorHelp error={known} />
    </div>
  );
}

/** Shown when the latest request failed and older data stays visible. */
export function StaleBanner({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
}): ReactElement {
  const known = toApiError(error);
  const { title, requestId } = known;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-warn/25 bg-warn/10 px-4 py-2 text-xs text-warn"
    >
      <Icon name="warning" className="size-3.5" />
      <span className="font-medium">{title}. Showing earlier data.</span>
      {requestId !== null && <code className="font-mono">{requestId}</code>}
      <ErrorHelp error={known} />
      <button type="button" className="ml-auto min-h-6 font-semibold underline underline-offset-2" onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}
