import { formatSize, type DatasetEntry, type DatasetView } from '@artenic/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Icon } from '../../components/icon.tsx';
import { MoreRows } from '../../components/more-rows.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import { buttonClass } from '../../components/button.tsx';
import { datasetAddress, datasetFilesQuery, datasetVersionsQuery, fileAddress } from '../../lib/dataset-queries.ts';
import { formatCount } from '../../lib/format.ts';
import { inputClass } from '../../components/field.tsx';

/** Links to each folder on the way to the shown one. */
function FolderPath({ folder, root }: { readonly folder: string; readonly root: string }): ReactElement {
  const parts = folder === '' ? [] : folder.split('/');
  return (
    <nav aria-label="Folder" className="min-w-0 text-sm">
      <ol className="flex flex-wrap items-center gap-x-1">
        {[root, ...parts].map((part, at) => {
          const path = parts.slice(0, at).join('/');
          return (
            <li key={path} className="flex min-w-0 items-center gap-1">
              {at > 0 && <span className="text-muted">/</span>}
              {at === parts.length ? (
                <span aria-current="location" className="font-medium break-all">
                  {part}
                </span>
              ) : (
                <Link
                  from="/datasets/$name"
                  to="."
                  search={(old) => ({ ...old, folder: path || undefined, find: undefined })}
                  resetScroll={false}
                  className="inline-flex min-h-6 items-center break-all text-accent hover:underline"
                >
                  {part}
                </Link>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function columnsOf(name: string, version: string, shownBelow: string): readonly Column<DatasetEntry>[] {
  const label = (path: string): string => path.slice(shownBelow === '' ? 0 : shownBelow.length + 1);
  return [
    {
      id: 'name',
      head: 'Name',
      width: 'min-w-40',
      cell: (entry) => (
        <span className="flex items-center gap-2">
          <Icon name={entry.kind} className="size-4 text-muted" />
          {entry.kind === 'folder' ? (
            <Link
              from="/datasets/$name"
              to="."
              search={(old) => ({ ...old, folder: entry.path, find: undefined })}
              resetScroll={false}
              className="font-medium break-all hover:underline"
            >
              {label(entry.path)}
            </Link>
          ) : (
            <span className={`break-all ${entry.purged ? 'text-muted line-through' : ''}`}>{label(entry.path)}</span>
          )}
          {entry.kind === 'file' && entry.purged && <Badge tone="warn">Purged</Badge>}
        </span>
      ),
    },
    {
      ...{ id: 'files', head: 'Files', align: 'right', hide: 'sm' },
      cell: (entry) => entry.kind === 'folder' && formatCount(entry.files),
    },
    { ...{ id: 'size', head: 'Size', align: 'right' }, cell: ({ bytes }) => formatSize(bytes) },
    {
      ...{ id: 'hash', head: 'SHA-256', hide: 'lg' },
      cell: (entry) =>
        entry.kind === 'file' && (
          <code className="font-mono text-xs text-muted" title={entry.sha256}>
            {entry.sha256.slice(0, 12)}
          </code>
        ),
    },
    {
      ...{ id: 'download', head: 'Download', align: 'right' },
      cell: (entry) =>
        entry.kind === 'file' && entry.purged ? null : (
          <a
            href={
              entry.kind === 'file'
                ? fileAddress(name, entry.path, version)
                : `${datasetAddress(name, '/archive')}?${new URLSearchParams({ version, folder: entry.path }).toString()}`
            }
            download={`${entry.path.split('/').at(-1)}${entry.kind === 'folder' ? '.tar' : ''}`}
            aria-label={`Download ${entry.path}${entry.kind === 'folder' ? ' as a tar' : ''}`}
            className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink"
          >
            <Icon name="download" />
          </a>
        ),
    },
  ];
}

function VersionChoice({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { version } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  const { data } = useInfiniteQuery(datasetVersionsQuery(dataset.name));
  const numbers = (data?.pages.flatMap(({ items }) => items) ?? []).map((one) => one.version);
  const options = version === undefined || numbers.includes(version) ? numbers : [version, ...numbers];
  return (
    <div className="w-40">
      <select
        aria-label="Version"
        value={version ?? 'latest'}
        onChange={({ target }) =>
          void navigate({
            search: (old) => ({ ...old, version: target.value === 'latest' ? undefined : Number(target.value) }),
            resetScroll: false,
          })
        }
        className={inputClass}
      >
        <option value="latest">Newest (v{dataset.version})</option>
        {options.map((number) => (
          <option key={number} value={number}>
            v{number}
          </option>
        ))}
      </select>
    </div>
  );
}

function Listing({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { name } = dataset;
  const { version, folder = '', find = '' } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  const shown = version === undefined ? 'latest' : String(version);
  const query = useInfiniteQuery(datasetFilesQuery(name, { version: shown, folder, prefix: find }));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Card isFlush>
      <QueryPanel query={query} skeleton={<SkeletonRows rows={8} />}>
        {() =>
          rows.length === 0 ? (
            <EmptyState icon="search" title="No matching files">
              {find === ''
                ? `Version ${shown} has no folder ${folder}.`
                : `No path of this version starts with “${find}”. Paths start at the top folder.`}
            </EmptyState>
          ) : (
            <div aria-busy={query.isPlaceholderData} className={query.isPlaceholderData ? 'opacity-60' : ''}>
              <DataTable
                caption={find === '' ? `Files of ${folder === '' ? name : folder}` : `Files that start with ${find}`}
                columns={columnsOf(name, shown, find === '' ? folder : '')}
                rows={rows}
                rowKey={({ path }) => path}
                onOpen={(entry) =>
                  entry.kind === 'folder'
                    ? void navigate({
                        search: (old) => ({ ...old, folder: entry.path, find: undefined }),
                        resetScroll: false,
                      })
                    : undefined
                }
              />
            </div>
          )
        }
      </QueryPanel>
      <MoreRows query={query}>Show more files</MoreRows>
    </Card>
  );
}

/** Folders and files of a version. */
export function FilesTab({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const { version, folder = '', find = '' } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  if (dataset.version === null)
    return (
      <Card isFlush>
        <EmptyState
          icon="upload"
          title="No version yet"
          command={`npx artenic dataset upload ${dataset.name} ./folder`}
        >
          Drop a folder on this page, or upload it from the command line. Its files become version 1.
        </EmptyState>
      </Card>
    );
  const tar = new URLSearchParams({ version: String(version ?? 'latest'), ...(folder === '' ? {} : { folder }) });
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-3">
        <FolderPath folder={folder} root={dataset.name} />
        <div className="flex w-full flex-wrap items-center gap-2 sm:ml-auto sm:w-auto">
          <VersionChoice dataset={dataset} />
          <div className="min-w-40 flex-1 sm:w-56 sm:flex-none">
            <SearchField
              label="Path starts with"
              value={find}
              onChange={(text) =>
                void navigate({
                  search: (old) => ({ ...old, find: text || undefined }),
                  replace: true,
                  resetScroll: false,
                })
              }
            />
          </div>
          <a
            href={`${datasetAddress(dataset.name, '/archive')}?${tar.toString()}`}
            download={`${folder.split('/').at(-1) || dataset.name}.tar`}
            title="Download this folder as a tar"
            aria-label="Download this folder as a tar"
            className={buttonClass()}
          >
            <Icon name="download" />
          </a>
        </div>
      </div>
      <Listing dataset={dataset} />
    </>
  );
}
