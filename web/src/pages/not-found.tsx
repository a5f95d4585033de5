import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { buttonClass } from '../components/button.tsx';
import { PageHeader } from '../components/page-header.tsx';

export function NotFoundPage(): ReactElement {
  return (
    <div className="flex min-h-[50dvh] flex-col justify-center">
      <p aria-hidden="true" className="mb-1 font-mono text-sm text-muted">
        404
      </p>
      <PageHeader
        title="There is nothing here"
        documentTitle="Not found"
        description="The address may be mistyped, or what it named is gone."
      />
      <div>
        <Link to="/" className={buttonClass('primary')}>
          To the overview
        </Link>
      </div>
    </div>
  );
}
