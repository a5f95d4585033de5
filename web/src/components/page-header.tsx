import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement, type ReactNode } from 'react';
import { HelpLink } from '../features/help/help-link.tsx';
import { topicOfPage } from '../features/help/page-topics.ts';
import { Breadcrumb, type Crumb } from './breadcrumb.tsx';

let lastPath: string | null = null;

export type PageHeaderProps = {
  /** `<page>` or `<object>`: the h1. */
  readonly title: string;
  /** `<page> · <object>`; the title when absent. */
  readonly documentTitle?: string;
  readonly crumbs?: readonly Crumb[];
  readonly beside?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
};

/** Title of a page. After navigation it gets the focus, so that keyboard and screen readers begin here. */
export function PageHeader(props: PageHeaderProps): ReactElement {
  const { title, documentTitle = title, crumbs, beside, description, actions } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? null });

  const about = useRouterState({ select: (state) => state.location.pathname });
  const topic = topicOfPage(about);

  useEffect(() => {
    document.title = `${documentTitle} – Artenic`;
  }, [documentTitle]);
  useEffect(() => {
    if (path === null) return;
    // A dialog that was opened meanwhile keeps the focus.
    const isFree = document.querySelector('[role="dialog"]') === null;
    if (lastPath !== null && lastPath !== path && isFree) heading.current?.focus({ preventScroll: true });
    lastPath = path;
  }, [path]);

  return (
    <div className="mb-5 flex flex-col gap-2 lg:mb-6">
      {crumbs !== undefined && <Breadcrumb crumbs={crumbs} />}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="flex min-w-0 flex-[1_1_10rem] sm:flex-[1_1_20rem] flex-wrap items-center gap-x-3 gap-y-1.5">
          <h1
            ref={heading}
            tabIndex={-1}
            className="min-w-0 text-2xl font-semibold tracking-tight break-words outline-none"
          >
            {title}
          </h1>
          {beside}
          {topic !== null && <HelpLink target={topic} />}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {description !== undefined && <p className="max-w-2xl text-sm text-pretty text-muted">{description}</p>}
    </div>
  );
}
