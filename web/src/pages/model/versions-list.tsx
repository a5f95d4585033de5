import { formatSize, type ModelVersionView } from '@artenic/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { stageStatus } from '../../lib/status.ts';

/** List of versions to select from; the checkbox adds a version to the comparison. */
export function VersionsList(props: {
  readonly versions: readonly ModelVersionView[];
  readonly selected: number;
  readonly compared: readonly number[];
  readonly onCompare: (version: number, isIn: boolean) => void;
}): ReactElement {
  const { versions, selected, compared, onCompare } = props;
  return (
    <ul className="max-h-[26rem] divide-y divide-line overflow-y-auto">
      {versions.map((one) => {
        const isSelected = one.version === selected;
        return (
          <li
            key={one.version}
            data-row={one.version}
            className={`relative flex items-center gap-3 px-4 py-2.5 ${isSelected ? 'bg-raised/70' : 'hover:bg-raised/40'}`}
          >
            {isSelected && <span aria-hidden="true" className="absolute inset-y-0 left-0 w-0.5 bg-accent" />}
            <input
              type="checkbox"
              aria-label={`Compare version ${one.version}`}
              checked={isSelected || compared.includes(one.version)}
              disabled={isSelected}
              onChange={(event) => onCompare(one.version, event.target.checked)}
              className="relative z-10 size-4 accent-(--color-accent)"
            />
            <div className="min-w-0 flex-1">
              <Link
                from="/models/$name"
                search={(old) => ({ ...old, version: one.version })}
                replace
                resetScroll={false}
                aria-current={isSelected ? 'true' : undefined}
                className="text-sm font-medium tabular-nums after:absolute after:inset-0"
              >
                v{one.version}
              </Link>
              <p className="text-xs text-muted">
                <RelativeTime at={one.createdAt} /> · {formatSize(one.bytes)}
              </p>
            </div>
            <StatusBadge status={stageStatus[one.stage]} />
          </li>
        );
      })}
    </ul>
  );
}
