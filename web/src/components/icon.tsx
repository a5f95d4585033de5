import type { ReactElement } from 'react';

/** Drawn on a 16 × 16 grid with a stroke width of 1.5. */
const paths = {
  overview: 'M2.5 2.5h4.5v5H2.5zM9 2.5h4.5v3H9zM9 7.5h4.5v6H9zM2.5 9.5H7v4H2.5z',
  training: 'M2 8h2.2l1.8-5 3.6 10 1.9-5H14',
  models: 'M8 1.8 13.7 5v6L8 14.2 2.3 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6',
  playground: 'M3 4.5 6.5 8 3 11.5M8 12h5.5',
  providers: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  check: 'm3.5 8.5 3 3 6-7',
  cross: 'm4.5 4.5 7 7m0-7-7 7',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.4',
  hourglass: 'M4 2.5h8M4 13.5h8M5 2.5c0 3 3 3.7 3 5.5s-3 2.5-3 5.5m6-11c0 3-3 3.7-3 5.5s3 2.5 3 5.5',
  gear: 'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM8 1.8v2m0 8.4v2M1.8 8h2m8.4 0h2M3.6 3.6 5 5m6 6 1.4 1.4m0-8.8L11 5m-6 6-1.4 1.4',
  server: 'M3 2.5h10v4.5H3zM3 9h10v4.5H3zM5.5 4.8h.01M5.5 11.2h.01',
  play: 'M5 3.2v9.6L12.5 8z',
  recover: 'M3 8a5 5 0 1 0 1.5-3.5L3 6m0-3.5V6h3.5',
  stop: 'M4 4h8v8H4z',
  box: 'M2.5 5 8 2l5.5 3v6L8 14l-5.5-3zM2.5 5 8 8l5.5-3M8 8v6',
  bolt: 'M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z',
  archive: 'M2.5 3h11v3h-11zM3.5 6v7.5h9V6M6.5 9h3',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  chevronDown: 'M3.5 6 8 10.5 12.5 6',
  external: 'M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  download: 'M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11',
  upload: 'M8 11V3M4.5 6 8 2.5 11.5 6M2.5 13.5h11',
  file: 'M4 1.8h5.2L12.5 5v9.2H4zM9 2v3.2h3.4',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1.3m0 10.4v1.3M1.5 8h1.3m10.4 0h1.3M3.4 3.4l.9.9m7.4 7.4.9.9m0-9.2-.9.9m-7.4 7.4-.9.9',
  moon: 'M13.5 9.7A6 6 0 0 1 6.3 2.5a6 6 0 1 0 7.2 7.2Z',
  screen: 'M2 3h12v8H2zM6 13.5h4',
  keyboard: 'M1.8 4h12.4v8.2H1.8zM4.4 6.6h.01M7 6.6h.01M9.6 6.6h.01M11.8 6.6h.01M5 9.6h6',
  signOut: 'M6.5 2.5h-4v11h4M6 8h8m-3-3 3 3-3 3',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.2m0 1.8v.1',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5V11M8 5.2v.1',
  branch:
    'M4.5 5.5v5M4.5 5.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Zm0 8.6a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Zm7-6.6a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Zm0 0c0 2.5-3 2-5 3.6',
  data: 'M8 6.5c3 0 5.2-.9 5.2-2.2S11 2 8 2s-5.2.9-5.2 2.3S5 6.5 8 6.5Zm5.2-2.2v7.4C13.2 13 11 14 8 14s-5.2-1-5.2-2.3V4.3M2.8 8c0 1.3 2.2 2.3 5.2 2.3s5.2-1 5.2-2.3',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  book: 'M8 3.8C6.8 2.8 5 2.5 2.5 2.5v10c2.5 0 4.3.3 5.5 1.3 1.2-1 3-1.3 5.5-1.3v-10c-2.5 0-4.3.3-5.5 1.3Zm0 0v10',
  arrowUp: 'M8 13V3M4 7l4-4 4 4',
  chevronUp: 'M3.5 10 8 5.5l4.5 4.5',
  latest: 'M8 2v9m-4-4 4 4 4-4M3 14h10',
  wrap: 'M2 3.5h12M2 8h9.5a2.5 2.5 0 0 1 0 5H8m1.8-2L7.5 13l2.3 2M2 12.5h3',
  pause: 'M5.5 3v10m5-10v10',
  table: 'M2.5 3h11v10h-11zM2.5 6.5h11M2.5 9.8h11M6.5 3v10',
  chart: 'M2 13.5h12M3 11l3.2-4 2.8 2.2L13.5 4',
  zoomIn: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.5-1.5L14 14M7 5v4M5 7h4',
  zoomOut: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.5-1.5L14 14M5 7h4',
  format: 'M2.5 3.5h11M5 7h8.5M5 10.5h8.5M2.5 14h11',
} as const;
export type IconName = keyof typeof paths;

/** Decorative: always beside text, or inside a control that has a name. */
export function Icon({
  name,
  className = 'size-4',
}: {
  readonly name: IconName;
  readonly className?: string;
}): ReactElement {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className}`}
    >
      <path d={paths[name]} />
    </svg>
  );
}
