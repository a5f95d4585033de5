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
        title="Page not found"
        documentTitle="Not found"
        description="Check the address; the object may have been removed."
      />
      <div>
        <Link to="/" className={buttonClass('primary')}>
          Go to overview
        </Link>
      </div>
    </div>
  );
}
