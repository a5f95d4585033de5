import { autocompletion, type Completion, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState, type Text } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useImperativeHandle, useRef, type ReactElement, type Ref } from 'react';

/** A fault at a place of the text; line and column count from 1. */
export type TextFault = {
  readonly message: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};
export type EditorChoice = {
  readonly label: string;
  readonly insert?: string;
  readonly kind: 'field' | 'value';
  readonly about: string;
};
export type EditorHandle = { readonly goTo: (fault: TextFault) => void };

export type CodeEditorProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly faults?: readonly TextFault[];
  readonly complete?: (
    text: string,
    offset: number,
  ) => { readonly from: number; readonly choices: readonly EditorChoice[] } | null;
  readonly ref?: Ref<EditorHandle>;
};

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--color-info)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--color-ok)' },
  { tag: [tags.number, tags.bool, tags.null, tags.labelName, tags.typeName], color: 'var(--color-chart-4)' },
  { tag: tags.comment, color: 'var(--color-muted)', fontStyle: 'italic' },
]);

const theme = EditorView.theme({
  '&': { backgroundColor: 'var(--color-canvas)', color: 'var(--color-ink)', fontSize: '13px', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.25rem' },
  '.cm-content': { caretColor: 'var(--color-ink)', padding: '0.5rem 0' },
  '.cm-cursor': { borderLeftColor: 'var(--color-ink)' },
  '.cm-gutters': { backgroundColor: 'var(--color-canvas)', color: 'var(--color-muted)', border: 'none' },
  '.cm-tooltip': {
    ...{ backgroundColor: 'var(--color-surface)', color: 'var(--color-ink)', borderRadius: '7px' },
    border: '1px solid var(--color-line)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '14rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    ...{ backgroundColor: 'var(--color-raised)', color: 'var(--color-ink)' },
  },
  '.cm-completionInfo': { fontFamily: 'var(--font-sans)', maxWidth: '20rem', padding: '0.5rem 0.75rem' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-diagnostic': { fontFamily: 'var(--font-sans)' },
});

function offsetOf(doc: Text, { line = 1, column = 1 }: TextFault): number {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(found.from + column - 1, found.to);
}

function diagnosticsOf(doc: Text, faults: readonly TextFault[]): readonly Diagnostic[] {
  return faults.map((fault) => {
    const from = offsetOf(doc, fault);
    return { from, to: Math.max(from, doc.lineAt(from).to), severity: 'error', message: fault.message };
  });
}

function sourceOf(complete: NonNullable<CodeEditorProps['complete']>) {
  return ({ state, pos, explicit }: CompletionContext) => {
    const found = complete(state.doc.toString(), pos);
    if (found === null || (!explicit && found.from === pos)) return null;
    const options = found.choices.map(({ label, insert = label, kind, about }): Completion => ({
      ...{ label, apply: insert, type: kind === 'field' ? 'property' : 'enum' },
      ...(about === '' ? {} : { info: about }),
    }));
    return { from: found.from, options, validFor: /^[\w./-]*$/ };
  };
}

/** Time in which Tab leaves the editor after Escape. */
const leaveMs = 2000;

function observed(event: KeyboardEvent, view: EditorView): void {
  // The editor itself forgets an Escape that also closes a list of choices.
  if (event.key === 'Escape') view.setTabFocusMode(leaveMs);
  // Listeners outside the shadow root do not see that a text field has the key: single keys would be shortcuts.
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
}

/**
 * Replaces selected text. Browsers would keep the look of coloured text by an inline style, which the pages' policy
 * forbids.
 */
function replaced({ inputType, data, isComposing }: InputEvent, view: EditorView): boolean {
  if (inputType !== 'insertText' || data === null || isComposing || view.state.selection.main.empty) return false;
  view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

/** Where the editor lives: style sheets of a shadow root need no inline style, which the pages' policy forbids. */
function shadowOf(host: HTMLElement): ShadowRoot {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  root.replaceChildren();
  return root;
}

/**
 * Editor for YAML with completion and faults at their lines. Tab indents; Escape, then Tab, leaves it. The element
 * around it gives the height.
 */
export function CodeEditor(props: CodeEditorProps): ReactElement {
  const { label, value, faults, ref } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const place = host.current;
    if (place === null) return undefined;
    const root = shadowOf(place);
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          [lineNumbers(), history(), yaml(), indentUnit.of('  '), syntaxHighlighting(colours), theme, lintGutter()],
          autocompletion({
            override: [sourceOf((text, offset) => latest.current.complete?.(text, offset) ?? null)],
            icons: false,
          }),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          EditorView.domEventObservers({ keydown: observed }),
          EditorView.domEventHandlers({ beforeinput: replaced }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [label]);
  useEffect(() => {
    const shown = view.current;
    if (shown === null || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const shown = view.current;
    if (shown !== null) shown.dispatch(setDiagnostics(shown.state, diagnosticsOf(shown.state.doc, faults ?? [])));
  }, [faults, value]);
  useImperativeHandle(ref, () => ({
    goTo: (fault) => {
      const shown = view.current;
      if (shown === null) return;
      shown.dispatch({ selection: { anchor: offsetOf(shown.state.doc, fault) }, scrollIntoView: true });
      shown.focus();
    },
  }));
  return <div ref={host} className="h-full min-w-0" />;
}
