import { useQuery } from '@tanstack/react-query';
import type { ButtonHTMLAttributes, ReactElement, Ref } from 'react';
import { Icon } from '../components/icon.tsx';
import { sessionQuery } from '../lib/queries.ts';

/** Button that opens the account menu; `AccountMenu` passes the trigger's props. */
export function AccountButton(
  props: ButtonHTMLAttributes<HTMLButtonElement> & { readonly ref?: Ref<HTMLButtonElement> },
): ReactElement {
  const { data: session } = useQuery(sessionQuery);
  return (
    <button
      type="button"
      aria-haspopup="menu"
      {...props}
      aria-label={`Account of ${session?.name ?? 'you'}`}
      className="flex h-8 items-center gap-1.5 rounded-md px-1.5 text-muted transition-colors hover:bg-raised hover:text-ink"
    >
      <span
        aria-hidden="true"
        className="flex size-6 items-center justify-center rounded-full bg-accent/12 text-xs font-semibold text-accent uppercase"
      >
        {(session?.name ?? '?').slice(0, 1)}
      </span>
      <Icon name="chevronDown" className="size-3" />
    </button>
  );
}
