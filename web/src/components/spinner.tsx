import type { ReactElement } from 'react';

export function Spinner({ className = 'size-3.5' }: { readonly className?: string }): ReactElement {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className={`animate-spin ${className}`}>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.25" />
      <path d="M14 8a6 6 0 0 0-6-6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
