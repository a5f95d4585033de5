import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from './icon.tsx';

export type Crumb = { readonly label: string; readonly to?: '/jobs' | '/datasets' | '/models' | '/help' };

export function Breadcrumb({ crumbs }: { readonly crumbs: readonly Crumb[] }): ReactElement {
  return (
    <nav aria-label="Breadcrumb" className="text-xs text-muted">
      <ol className="flex flex-wrap items-center gap-1">
        {crumbs.map(({ label, to }, place) => (
          <li key={label} className="flex min-w-0 items-center gap-1">
            {place > 0 && <Icon name="chevron" className="size-3 opacity-60" />}
            {to === undefined ? (
              <span aria-current="page" className="truncate text-ink">
                {label}
              </span>
            ) : (
              <Link to={to} className="inline-flex min-h-6 items-center rounded-sm hover:text-ink hover:underline">
                {label}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
