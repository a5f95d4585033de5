import type { ReactElement } from 'react';
import { IconButton, Button } from '../../components/button.tsx';
import { Popover } from '../../components/popover.tsx';
import { choosableColumns, usualColumns } from './job-columns.tsx';

function moved(ids: readonly string[], id: string, by: -1 | 1): readonly string[] {
  const at = ids.indexOf(id);
  const next = ids.filter((one) => one !== id);
  next.splice(at + by, 0, id);
  return next;
}

/** Chooses the table's columns and their order. `chosen` is null while Artenic's own choice holds. */
export function ColumnsMenu(props: {
  readonly chosen: readonly string[] | null;
  readonly onChange: (ids: readonly string[] | null) => void;
}): ReactElement {
  const { chosen, onChange } = props;
  const known = new Map(choosableColumns.map(({ id, head }) => [id, head]));
  const shown = (chosen ?? usualColumns).filter((id) => known.has(id));
  const others = choosableColumns.filter(({ id }) => !shown.includes(id));
  return (
    <Popover label="Columns" icon="columns" title="Columns of the table">
      {() => (
        <>
          <ul aria-label="Columns">
            {[...shown, ...others.map(({ id }) => id)].map((id) => {
              const head = known.get(id) ?? id;
              const at = shown.indexOf(id);
              return (
                <li key={id} className="flex h-8 items-center rounded-sm pl-2 hover:bg-raised">
                  <label className="flex flex-1 items-center gap-2.5">
                    <input
                      type="checkbox"
                      className="size-4 accent-accent"
                      checked={at !== -1}
                      onChange={() => onChange(at === -1 ? [...shown, id] : shown.filter((one) => one !== id))}
                    />
                    {head}
                  </label>
                  {at !== -1 && (
                    <>
                      <IconButton
                        label={`Move ${head} up`}
                        icon="chevronUp"
                        disabled={at === 0}
                        onClick={() => onChange(moved(shown, id, -1))}
                      />
                      <IconButton
                        label={`Move ${head} down`}
                        icon="chevronDown"
                        disabled={at === shown.length - 1}
                        onClick={() => onChange(moved(shown, id, 1))}
                      />
                    </>
                  )}
                </li>
              );
            })}
          </ul>
          <div className="mt-1 border-t border-line px-2 pt-2 pb-1">
            <Button size="sm" disabled={chosen === null} onClick={() => onChange(null)}>
              Restore the usual columns
            </Button>
          </div>
        </>
      )}
    </Popover>
  );
}
