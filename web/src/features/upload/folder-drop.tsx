import type { ReactElement, ReactNode } from 'react';
import { FilePicker } from '../../components/file-picker.tsx';
import { Icon } from '../../components/icon.tsx';
import { useToast } from '../../components/toast.tsx';
import { toApiError } from '../../lib/api.ts';
import { readPicked, type Folder } from '../dispatch/dropped.ts';
import { useDrop } from '../dispatch/use-drop.ts';
import { chosenFolder, type ChosenFolder } from './chosen-folder.ts';

/** A version has at most as many changes as several commits; more files belong to the command line. */
const limit = { files: 200_000, advice: 'Upload it with `artenic dataset upload`.' };

/** A place that takes a folder, dropped anywhere on the page or chosen. */
export function FolderDrop(props: {
  readonly children: ReactNode;
  readonly onFolder: (folder: ChosenFolder) => void;
}): ReactElement {
  const { children, onFolder } = props;
  const toast = useToast();
  const take = (read: () => Promise<Folder | null>): void => {
    read()
      .then(async (folder) => {
        if (folder === null) toast({ tone: 'bad', title: 'Drop a folder', detail: 'Single files are not a version.' });
        else onFolder(await chosenFolder(folder));
      })
      .catch((error: unknown) => toast({ tone: 'bad', title: 'Folder not read', detail: toApiError(error).message }));
  };
  const isOver = useDrop((dropped) => take(async () => (await dropped).folder), limit);
  return (
    <div
      className={`mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-dashed px-4 py-3 transition-colors ${isOver ? 'border-accent bg-accent/10' : 'border-line bg-surface'}`}
    >
      <Icon name="upload" className="size-4 text-muted" />
      <p className="min-w-40 flex-1 text-sm text-muted">{children}</p>
      <FilePicker
        label="Choose folder"
        icon="folder"
        isFolder
        onFiles={(files) => take(() => Promise.resolve(readPicked(files, limit)))}
      />
    </div>
  );
}
