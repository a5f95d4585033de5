import { lazy, Suspense, type ReactElement } from 'react';
import type { CodeEditorProps } from './code-editor.tsx';
import { Skeleton } from './skeleton.tsx';

const Loaded = lazy(() => import('./code-editor.tsx').then((m) => ({ default: m.CodeEditor })));

/** The code editor, loaded when it is first shown. */
export function LazyCodeEditor(props: CodeEditorProps): ReactElement {
  return (
    <Suspense fallback={<Skeleton className="h-full w-full" />}>
      <Loaded {...props} />
    </Suspense>
  );
}
