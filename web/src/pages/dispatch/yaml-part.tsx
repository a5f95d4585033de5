import type { TextIssue } from '@artenic/core';
import { useRef, type ReactElement, type Ref } from 'react';
import type { EditorHandle } from '../../components/code-editor.tsx';
import { LazyCodeEditor } from '../../components/lazy-code-editor.tsx';
import { Icon } from '../../components/icon.tsx';
import { choicesAt, type KnownNames } from '../../features/dispatch/completion.ts';

function Faults(props: { readonly faults: readonly TextIssue[]; readonly onGo: (fault: TextIssue) => void }) {
  return (
    <ul aria-label="Faults" className="flex flex-col text-xs text-bad">
      {props.faults.map((fault) => (
        <li key={`${fault.pointer} ${fault.message}`}>
          <button
            type="button"
            className="flex min-h-6 items-center gap-1.5 rounded-sm text-left hover:underline"
            onClick={() => props.onGo(fault)}
          >
            <Icon name="warning" className="size-3.5" />
            <span>
              {fault.line !== undefined && <span className="tabular-nums">Line {fault.line}: </span>}
              {fault.pointer !== '' && <code>{fault.pointer.slice(1).replaceAll('/', '.')}: </code>}
              {fault.message}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The job file as text, with completion and its faults in place. */
export function YamlPart(props: {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly faults: readonly TextIssue[];
  readonly known: KnownNames;
  readonly ref?: Ref<EditorHandle>;
}): ReactElement {
  const { text, onText, faults, known, ref } = props;
  const own = useRef<EditorHandle>(null);
  const setHandle = (handle: EditorHandle | null): void => {
    own.current = handle;
    if (typeof ref === 'function') ref(handle);
    else if (ref != null) ref.current = handle;
  };
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div
        className={`h-[30rem] resize-y overflow-hidden rounded-md border focus-within:outline-2 focus-within:outline-accent ${faults.length > 0 ? 'border-bad' : 'border-line'}`}
      >
        <LazyCodeEditor
          ref={setHandle}
          label="Job file"
          value={text}
          onChange={onText}
          faults={faults}
          complete={(whole, offset) => choicesAt(whole, offset, known)}
        />
      </div>
      <p className="text-xs text-muted">
        artenic.yaml, or JSON. Ctrl+Space completes. Tab indents; Esc, then Tab, leaves the editor.
      </p>
      {faults.length > 0 && <Faults faults={faults} onGo={(fault) => own.current?.goTo(fault)} />}
    </div>
  );
}
