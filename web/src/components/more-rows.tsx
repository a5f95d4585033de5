import type { ReactElement, ReactNode } from 'react';
import { Button } from './button.tsx';

type Pages = {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
};

/** The button below a list that loads its next page; nothing when all rows are loaded. */
export function MoreRows({
  query,
  children,
}: {
  readonly query: Pages;
  readonly children: ReactNode;
}): ReactElement | null {
  if (!query.hasNextPage) return null;
  return (
    <div className="flex justify-center border-t border-line p-3">
      <Button size="sm" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {children}
      </Button>
    </div>
  );
}
