import { formatSize } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { IconButton } from '../../components/button.tsx';
import { FilePicker } from '../../components/file-picker.tsx';
import { Icon } from '../../components/icon.tsx';
import { readPicked, type Folder } from '../../features/dispatch/dropped.ts';
import { packageFor, type Holdings } from '../../features/dispatch/materials.ts';
import { formatCount } from '../../lib/format.ts';

const mostNamed = 4;

function Summary({ code, holdings }: { readonly code: string; readonly holdings: Holdings }): ReactNode {
  const { folder, base } = holdings;
  const { data } = useQuery({
    queryKey: ['package', folder?.id, base, code],
    queryFn: () => packageFor(holdings, code),
    staleTime: 0,
  });
  if (data === undefined) return null;
  if (data === null) return <p className="text-xs text-muted">Drop the folder that holds {code}.</p>;
  const { files, bytes, leftOut } = data;
  return (
    <>
      <p className="text-xs text-muted tabular-nums">
        {formatCount(files.length)} {files.length === 1 ? 'file' : 'files'} · {formatSize(bytes)}
      </p>
      {leftOut.length > 0 && (
        <p className="text-xs break-words text-muted" title={leftOut.join('\n')}>
          Left out: {leftOut.slice(0, mostNamed).join(', ')}
          {leftOut.length > mostNamed && ` and ${leftOut.length - mostNamed} more`}
        </p>
      )}
    </>
  );
}

/** The code of the job: a folder that is packed in the browser, or the package of an earlier job. */
export function CodePart(props: {
  readonly code: unknown;
  readonly holdings: Holdings;
  readonly error: string | undefined;
  readonly onFolder: (folder: Folder) => void;
  readonly onRemove: () => void;
}): ReactElement {
  const { code, holdings, error, onFolder, onRemove } = props;
  const { folder } = holdings;
  const hasCode = typeof code === 'string' && code !== '';
  const title = hasCode
    ? (folder?.name ?? code)
    : code === undefined || code === ''
      ? 'No code package'
      : 'Package of an earlier job';
  return (
    <section aria-label="Code" className="flex flex-col gap-1.5">
      <span className="text-xs font-medium">Code</span>
      <div
        className={`flex items-center gap-3 rounded-md border border-dashed bg-canvas px-3 py-2 ${error === undefined ? 'border-line' : 'border-bad'}`}
      >
        <Icon name="box" className="size-4 text-muted" />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm">{title}</p>
          {hasCode ? (
            <Summary code={code} holdings={holdings} />
          ) : (
            <p className="text-xs text-muted">Drop a folder anywhere on this page. It is packed in the browser.</p>
          )}
        </div>
        {code !== undefined && <IconButton icon="cross" label="Leave out the code" onClick={onRemove} />}
        <FilePicker
          label="Choose folder"
          icon="upload"
          isFolder
          onFiles={(files) => {
            const picked = readPicked(files);
            if (picked !== null) onFolder(picked);
          }}
        />
      </div>
      {error !== undefined && <p className="text-xs text-bad">{error}</p>}
    </section>
  );
}
