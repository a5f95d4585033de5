import type { ReactElement } from 'react';

export function Brand({ className = 'size-6' }: { readonly className?: string }): ReactElement {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" className={`shrink-0 ${className}`}>
      <rect width="32" height="32" rx="8" className="fill-ink" />
      <path
        d="M8 23 16 8l8 15"
        fill="none"
        className="stroke-canvas"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="20.5" r="2.5" className="fill-canvas" />
    </svg>
  );
}
