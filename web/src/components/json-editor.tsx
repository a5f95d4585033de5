import { useId, useMemo, useRef, type KeyboardEvent, type ReactElement } from 'react';
import { Icon } from './icon.tsx';
import { ToolButton } from '../charts/tool-button.tsx';
import { editOfKey, type Edit } from './json/edit-keys.ts';
import { Highlighted } from './json/highlighted.tsx';
import { formatJson, placeProblems, readJson, type JsonProblem } from './json/json-text.ts';

export type JsonEditorProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** Problems found by a schema or the API; a problem with a pointer is placed on its line. Syntax is checked here. */
  readonly problems?: readonly JsonProblem[];
  /** Visible lines before the editor scrolls. */
  readonly rows?: number;
  readonly isReadOnly?: boolean;
};

/** Inserted with `execCommand`, so that undo includes the change; browsers without it get the value set directly. */
function apply(area: HTMLTextAreaElement, edit: Edit): void {
  area.setSelectionRange(edit.from, edit.to);
  const isDone =
    edit.insert === '' ? document.execCommand('delete') : document.execCommand('insertText', false, edit.insert);
  if (!isDone) {
    area.setRangeText(edit.insert, edit.from, edit.to, 'end');
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }
  area.setSelectionRange(edit.selectFrom, edit.selectTo);
}

function goTo(area: HTMLTextAreaElement | null, { line = 1, column = 1 }: JsonProblem): void {
  if (area === null) return;
  const before = area.value.split('\n').slice(0, line - 1);
  const offset = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  area.focus();
  area.setSelectionRange(offset, offset);
}

type ProblemsProps = {
  readonly problems: readonly JsonProblem[];
  readonly id: string;
  readonly onGo: (problem: JsonProblem) => void;
};

function Problems({ problems, id, onGo }: ProblemsProps): ReactElement {
  return (
    <ul id={id} className="flex flex-col gap-0.5 text-xs text-bad">
      {problems.map((problem, index) => (
        <li key={index}>
          <button
            type="button"
            className="flex min-h-6 items-center gap-1.5 rounded-sm text-left hover:underline focus-visible:outline-2 focus-visible:outline-accent"
            onClick={() => onGo(problem)}
          >
            <Icon name="warning" className="size-3.5" />
            <span>
              {problem.line !== undefined && (
                <span className="tabular-nums">{`${problem.line}:${problem.column ?? 1} `}</span>
              )}
              {problem.pointer !== '' && <code className="font-mono">{problem.pointer} </code>}
              {problem.message}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Tab indents while the user types; after Escape, Tab leaves the editor as in other fields. */
function useKeys(onChangeReadOnly: boolean) {
  const tabLeaves = useRef(true);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === 'Escape') {
      tabLeaves.current = true;
      return;
    }
    const isTab = event.key === 'Tab';
    if (onChangeReadOnly || event.ctrlKey || event.metaKey || event.altKey || (isTab && tabLeaves.current)) return;
    const { selectionStart: from, selectionEnd: to, value } = event.currentTarget;
    const edit = editOfKey(value, { from, to }, { name: event.key, isShifted: event.shiftKey });
    if (edit === null) return;
    event.preventDefault();
    apply(event.currentTarget, edit);
  };
  const typed = (): void => {
    tabLeaves.current = false;
  };
  const left = (): void => {
    tabLeaves.current = true;
  };
  return { onKeyDown, typed, left };
}

/** Lines with a problem, from 1; undefined for a problem without a line. */
type BadLines = ReadonlySet<number | undefined>;

/** Line numbers; lines with a problem are marked. */
function Gutter({ lines, badLines }: { readonly lines: number; readonly badLines: BadLines }): ReactElement {
  return (
    <div
      aria-hidden="true"
      className="sticky left-0 z-10 shrink-0 bg-canvas pr-3 pl-3 text-right text-muted select-none"
    >
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={badLines.has(index + 1) ? 'font-bold text-bad' : ''}>
          {index + 1}
        </div>
      ))}
    </div>
  );
}

/** A band behind each line with a problem. */
function LineMarks({ badLines }: { readonly badLines: BadLines }): ReactElement {
  return (
    <>
      {[...badLines].map((line) =>
        line === undefined ? null : (
          <div
            key={line}
            aria-hidden="true"
            style={{ top: `${(line - 1) * 1.25}rem` }}
            className="absolute inset-x-0 h-5 bg-bad/12"
          />
        ),
      )}
    </>
  );
}

/** A text area for JSON with line numbers, colours and problems shown at their lines. */
export function JsonEditor({
  label,
  value,
  onChange,
  problems = [],
  rows = 12,
  isReadOnly = false,
}: JsonEditorProps): ReactElement {
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const { onKeyDown, typed, left } = useKeys(isReadOnly);
  const reading = useMemo(() => readJson(value), [value]);
  const shown = useMemo(
    () => (reading.isValid ? placeProblems(value, problems) : value.trim() === '' ? problems : [reading.problem]),
    [reading, value, problems],
  );
  const badLines = new Set(shown.map(({ line }) => line));
  const font = 'font-mono text-[13px] leading-5 [font-variant-ligatures:none] [tab-size:2]';
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-center justify-between gap-2">
        <label htmlFor={id} className="text-sm font-medium text-ink">
          {label}
        </label>
        {!isReadOnly && (
          <ToolButton
            label="Format JSON"
            icon="format"
            isDisabled={!reading.isValid}
            onClick={() => reading.isValid && onChange(formatJson(reading.tree))}
          >
            Format
          </ToolButton>
        )}
      </div>
      <div
        style={{ height: `${rows * 1.25 + 1}rem` }}
        className={`resize-y overflow-auto rounded-md border bg-canvas focus-within:outline-2 focus-within:outline-accent ${shown.length > 0 ? 'border-bad' : 'border-line'}`}
      >
        <div className={`flex min-h-full w-max min-w-full py-2 ${font}`}>
          <Gutter lines={value.split('\n').length} badLines={badLines} />
          <div className="relative min-w-0 flex-1">
            <LineMarks badLines={badLines} />
            <pre aria-hidden="true" className={`pointer-events-none relative pr-4 text-ink ${font}`}>
              <Highlighted text={value} />{' '}
            </pre>
            <textarea
              ref={area}
              id={id}
              value={value}
              readOnly={isReadOnly}
              spellCheck={false}
              autoCapitalize="off"
              autoComplete="off"
              wrap="off"
              aria-invalid={shown.length > 0}
              aria-describedby={shown.length > 0 ? `${id}-help ${id}-problems` : `${id}-help`}
              className={`absolute inset-0 size-full resize-none overflow-hidden bg-transparent pr-4 text-transparent caret-ink outline-none selection:bg-accent/25 selection:text-transparent ${font}`}
              onChange={(event) => {
                typed();
                onChange(event.target.value);
              }}
              onKeyDown={onKeyDown}
              onBlur={left}
            />
          </div>
        </div>
      </div>
      <p id={`${id}-help`} className="sr-only">
        {isReadOnly ? 'Read only.' : 'While typing, Tab indents. Press Escape, then Tab, to leave the field.'}
      </p>
      {shown.length > 0 && (
        <Problems problems={shown} id={`${id}-problems`} onGo={(problem) => goTo(area.current, problem)} />
      )}
    </div>
  );
}
