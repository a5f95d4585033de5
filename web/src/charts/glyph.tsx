import type { ReactElement } from 'react';

const paths = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.5-1.5L14 14',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  latest: 'M8 2v9m-4-4 4 4 4-4M3 14h10',
  close: 'm4 4 8 8m0-8-8 8',
  wrap: 'M2 3.5h12M2 8h9.5a2.5 2.5 0 0 1 0 5H8m1.8-2L7.5 13l2.3 2M2 12.5h3',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  download: 'M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11',
  pause: 'M5.5 3v10m5-10v10',
  play: 'M5 3v10l8-5z',
  table: 'M2.5 3h11v10h-11zM2.5 6.5h11M2.5 9.8h11M6.5 3v10',
  chart: 'M2 13.5h12M3 11l3.2-4 2.8 2.2L13.5 4',
  reset: 'M3 8a5 5 0 1 0 1.5-3.5L3 6m0-3.5V6h3.5',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.2m0 1.8v.2',
  flag: 'M3.5 14V2.5h8L9.5 5.5l2 3h-8',
  zoomIn: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.5-1.5L14 14M7 5v4M5 7h4',
  zoomOut: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.5-1.5L14 14M5 7h4',
  format: 'M2.5 3.5h11M5 7h8.5M5 10.5h8.5M2.5 14h11',
} as const;
export type GlyphName = keyof typeof paths;

/** A drawing beside words or a labelled button: never the only carrier of a meaning. */
export function Glyph({
  name,
  className = 'size-4',
}: {
  readonly name: GlyphName;
  readonly className?: string;
}): ReactElement {
  return (
    <svg
      aria-hidden="true"
      className={`shrink-0 ${className}`}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
