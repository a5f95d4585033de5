import { useEffect, useState, type ReactElement, type ReactNode } from 'react';
import { Loading, Skeleton } from './skeleton.tsx';
import { ErrorState, StaleBanner } from './states.tsx';

type Query<T> = {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isFetching: boolean;
  readonly refetch: () => unknown;
};

/** A panel with four states: loading, loaded, stale and failed. Empty results are handled by the content. */
export function QueryPanel<T>({
  query,
  skeleton,
  children,
}: {
  readonly query: Query<T>;
  /** Placeholder with the size of the content, so that the layout does not shift. */
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}): ReactElement {
  const { data, error, isFetching, refetch } = query;
  const retry = (): void => void refetch();
  // During a retry the error stays visible until an answer arrives.
  const [lastError, setLastError] = useState<unknown>(null);
  useEffect(() => {
    if (error !== null || data !== undefined) setLastError(error);
  }, [error, data]);
  if (data !== undefined)
    return (
      <>
        {error !== null && <StaleBanner error={error} onRetry={retry} />}
        {children(data)}
      </>
    );
  const shown = error ?? lastError;
  if (shown !== null) return <ErrorState error={shown} onRetry={retry} isRetrying={isFetching} />;
  return <Loading>{skeleton ?? <Skeleton className="m-4 h-24" />}</Loading>;
}
