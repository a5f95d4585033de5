import type { ReactElement } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** A button that opens the browser's file picker. */
export function FilePicker(props: {
  readonly label: string;
  readonly icon: IconName;
  readonly isFolder?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}): ReactElement {
  const { label, icon, isFolder = false, onFiles } = props;
  return (
    <label className="relative inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 text-xs font-medium hover:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-accent">
      <Icon name={icon} className="size-3.5" />
      {label}
      {/* It covers the label, so that what has the focus is where it is seen. */}
      <input
        type="file"
        multiple
        className="absolute inset-0 cursor-pointer opacity-0 file:cursor-pointer"
        ref={(input) => {
          if (input !== null) input.webkitdirectory = isFolder;
        }}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </label>
  );
}
