import { useEffect, useState, type ReactElement, type ReactNode } from 'react';
import { Loading, Skeleton } from './skeleton.tsx';
import { ErrorState, StaleBanner } from './states.tsx';

type Query<T> = {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isFetching: boolean;
  readonly refetch: () => unknown;
};

/** The four states of a panel: on its way, there, there but from earlier, not to be had. Emptiness is the content's own. */
export function QueryPanel<T>({
  query,
  skeleton,
  children,
}: {
  readonly query: Query<T>;
  /** With the size of what comes, so that nothing jumps. */
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}): ReactElement {
  const { data, error, isFetching, refetch } = query;
  const retry = (): void => void refetch();
  // While it is tried again nothing is known: the error stays until there is an answer.
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
