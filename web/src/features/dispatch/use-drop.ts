import { useEffect, useRef, useState } from 'react';
import { folderOfCode, readDrop, type Dropped, type FolderLimit } from './dropped.ts';

/** Takes files and folders dropped anywhere on the page. True while they are held over it. */
export function useDrop(onDrop: (dropped: Promise<Dropped>) => void, limit: FolderLimit = folderOfCode): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onDrop);
  useEffect(() => {
    latest.current = onDrop;
  });
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (event.dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      // An editor would put in the names of the files.
      event.stopPropagation();
      setOver(false);
      latest.current(readDrop(event.dataTransfer, limit));
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop, { capture: true });
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop, { capture: true });
    };
  }, [limit]);
  return isOver;
}
