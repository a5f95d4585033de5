import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import type { HelpTarget } from './page-topics.ts';

/** A small link to a section of the documentation. */
export function HelpLink({ target }: { readonly target: HelpTarget }): ReactElement {
  return (
    <Link
      to="/help/$"
      params={{ _splat: target.path }}
      {...(target.anchor === undefined ? {} : { hash: target.anchor })}
      className="inline-flex min-h-6 items-center gap-1 rounded-sm text-xs text-muted hover:text-ink hover:underline"
    >
      <Icon name="help" className="size-3.5" />
      {target.label}
    </Link>
  );
}
