import { datasetTagSchema, type DatasetTagView, type DatasetVersionView, type DatasetView } from '@artenic/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Input, Select } from '../../components/field.tsx';
import { MoreRows } from '../../components/more-rows.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { callForStatus } from '../../lib/api.ts';
import { datasetAddress, datasetTagsQuery, tagHistoryQuery } from '../../lib/dataset-queries.ts';
import { useDatasetChange } from './use-dataset-change.ts';

type Move = { readonly tag: string; readonly version: number };

/** Sets a new tag, or moves one. */
function SetTag(props: {
  readonly dataset: DatasetView;
  readonly versions: readonly DatasetVersionView[];
  readonly moved: DatasetTagView | null;
  readonly onClose: () => void;
}): ReactElement {
  const { dataset, versions, moved, onClose } = props;
  const [tag, setTag] = useState(moved?.tag ?? '');
  const [version, setVersion] = useState(dataset.version ?? 1);
  const [wasSent, setWasSent] = useState(false);
  const fault = datasetTagSchema.safeParse(tag).error?.issues[0]?.message;
  const save = useDatasetChange(
    (move: Move) =>
      callForStatus(datasetAddress(dataset.name, `/tags/${encodeURIComponent(move.tag)}`), {
        method: 'PUT',
        json: { version: move.version },
      }),
    onClose,
  );
  const verb = moved === null ? 'Add tag' : 'Move tag';
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={moved === null ? 'Add a tag' : `Move ${moved.tag}`}
      description={`Jobs that name ${dataset.name}@${tag || 'tag'} from now on get this version. Earlier jobs keep theirs.`}
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" icon="tag" type="submit" form="set-tag" isBusy={save.isPending}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id="set-tag"
        className="grid grid-cols-1 gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setWasSent(true);
          if (fault === undefined && !save.isPending) save.mutate({ tag, version });
        }}
      >
        {moved === null && (
          <Input
            label="Tag"
            isMono
            autoComplete="off"
            spellCheck={false}
            maxLength={63}
            error={wasSent ? fault : undefined}
            value={tag}
            onChange={(event) => setTag(event.target.value)}
          />
        )}
        <Select label="Version" value={version} onChange={(event) => setVersion(Number(event.target.value))}>
          {versions.map((one) => (
            <option key={one.version} value={one.version}>
              v{one.version}
              {one.message === '' ? '' : ` · ${one.message.slice(0, 60)}`}
            </option>
          ))}
        </Select>
      </form>
    </Dialog>
  );
}

function History({ name }: { readonly name: string }): ReactElement {
  const query = useInfiniteQuery(tagHistoryQuery(name));
  const moves = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <QueryPanel query={query} skeleton={<SkeletonRows rows={2} />}>
        {() => (
          <ul aria-label="History of the tags" className="divide-y divide-line border-t border-line">
            {moves.map(({ tag, from, to, movedBy, movedAt }) => (
              <li key={`${movedAt} ${tag}`} className="px-4 py-2 text-xs text-muted">
                <span className="font-medium text-ink">{tag}</span>{' '}
                {to === null
                  ? `removed from v${from}`
                  : from === null
                    ? `set to v${to}`
                    : `moved from v${from} to v${to}`}{' '}
                by {movedBy}, <RelativeTime at={movedAt} />
              </li>
            ))}
            {moves.length === 0 && <li className="px-4 py-3 text-xs text-muted">No tag was set yet.</li>}
          </ul>
        )}
      </QueryPanel>
      <MoreRows query={query}>Show more moves</MoreRows>
    </>
  );
}

function TagRow(props: {
  readonly dataset: DatasetView;
  readonly tag: DatasetTagView;
  readonly onMove: () => void;
}): ReactElement {
  const { dataset, tag, onMove } = props;
  const remove = useDatasetChange(
    () => callForStatus(datasetAddress(dataset.name, `/tags/${encodeURIComponent(tag.tag)}`), { method: 'DELETE' }),
    () => undefined,
  );
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
      <Badge icon="tag">{tag.tag}</Badge>
      <span className="font-medium tabular-nums">v{tag.version}</span>
      <span className="text-xs text-muted">
        by {tag.movedBy}, <RelativeTime at={tag.movedAt} />
      </span>
      <span className="ml-auto flex gap-1">
        <Button size="sm" onClick={onMove}>
          Move<span className="sr-only"> {tag.tag}</span>
        </Button>
        <IconButton
          icon="trash"
          label={`Remove the tag ${tag.tag}`}
          disabled={remove.isPending}
          onClick={() => remove.mutate(undefined)}
        />
      </span>
    </li>
  );
}

/** Names of versions, which can move, and where they have been. */
export function Tags(props: {
  readonly dataset: DatasetView;
  readonly versions: readonly DatasetVersionView[];
}): ReactElement {
  const { dataset, versions } = props;
  const [edited, setEdited] = useState<DatasetTagView | 'new' | null>(null);
  const [isHistoryOpen, setIsHistoryOpen] = useState(false);
  const query = useQuery(datasetTagsQuery(dataset.name));
  return (
    <Card
      title="Tags"
      isFlush
      actions={
        <>
          <Button size="sm" aria-expanded={isHistoryOpen} onClick={() => setIsHistoryOpen(!isHistoryOpen)}>
            History
          </Button>
          {dataset.version !== null && (
            <Button size="sm" icon="plus" onClick={() => setEdited('new')}>
              Add tag
            </Button>
          )}
        </>
      }
    >
      <QueryPanel query={query} skeleton={<SkeletonRows rows={1} />}>
        {(tags) =>
          tags.length === 0 ? (
            <p className="px-4 py-4 text-sm text-muted">
              No tags. A tag names a version, such as {dataset.name}@reviewed, and can move to another version.
            </p>
          ) : (
            <ul aria-label="Tags" className="divide-y divide-line">
              {tags.map((tag) => (
                <TagRow key={tag.tag} dataset={dataset} tag={tag} onMove={() => setEdited(tag)} />
              ))}
            </ul>
          )
        }
      </QueryPanel>
      {isHistoryOpen && <History name={dataset.name} />}
      {edited !== null && (
        <SetTag {...{ dataset, versions }} moved={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Card>
  );
}
