import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { buttonClass } from '../components/button.tsx';
import { PageHeader } from '../components/page-header.tsx';

export function NotFoundPage(): ReactElement {
  const isAlone = document.querySelector('main') === null;
  const content = (
    <div className="mx-auto flex min-h-[50dvh] max-w-md flex-col justify-center text-center">
      <p aria-hidden="true" className="mb-3 font-mono text-3xl font-semibold text-muted">
        404
      </p>
      <PageHeader title="There is nothing here" documentTitle="Not found" />
      <p className="-mt-3 mb-6 text-sm text-muted">The address may be mistyped, or what it named is gone.</p>
      <div>
        <Link to="/" className={buttonClass('primary')}>
          To the overview
        </Link>
      </div>
    </div>
  );
  return isAlone ? <main id="content">{content}</main> : content;
}
