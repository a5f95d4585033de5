import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { Icon } from '../../components/icon.tsx';
import { Kbd } from '../../components/kbd.tsx';
import { toApiError } from '../../lib/api.ts';
import { platformQuery, searchQuery } from '../../lib/queries.ts';
import type { Typed } from './use-palette.ts';
import { entryOf, firstGroups, matchingEntries, type Entry, type Group } from './entries.ts';

/** Pause in typing after which the API is asked. */
const pauseMs = 40;

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), text === '' ? 0 : pauseMs);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled;
}

/** Lines for the text, and whether the API's part of them is the answer to this text. */
function useGroups(text: string, onShortcuts: () => void) {
  const router = useRouter();
  const { data: platform } = useQuery(platformQuery);
  const settled = useSettled(text);
  const search = useQuery(searchQuery(settled));
  const isAnswered = settled === text && !search.isPlaceholderData && !search.isPending;
  const { data } = search;
  const groups = useMemo((): readonly Group[] => {
    const place = { router, platform, onShortcuts };
    if (text === '') return firstGroups(place);
    const found = (settled === '' ? [] : (data ?? [])).map((item) => entryOf(router, item));
    return [
      { value: 'Pages and actions', items: matchingEntries(place, text) },
      { value: 'Found', items: found },
    ].filter(({ items }) => items.length > 0);
  }, [router, platform, onShortcuts, text, settled, data]);
  return { groups, isReady: text === '' || isAnswered || search.isError, error: text === '' ? null : search.error };
}

function Line({ entry, onRun }: { readonly entry: Entry; readonly onRun: (entry: Entry) => void }): ReactElement {
  const { title, subtitle, note, icon } = entry;
  return (
    <Autocomplete.Item
      value={entry}
      onClick={() => onRun(entry)}
      className="flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-3 text-sm outline-none select-none data-highlighted:bg-raised"
    >
      <Icon name={icon} className="size-4 text-muted" />
      <span className="min-w-0 truncate font-medium">{title}</span>
      {subtitle !== '' && <span className="min-w-0 truncate text-xs text-muted">{subtitle}</span>}
      <span className="ml-auto shrink-0 text-xs text-muted">{note}</span>
    </Autocomplete.Item>
  );
}

function statusOf(isReady: boolean, error: unknown, count: number): string {
  if (error !== null) return `The search failed: ${toApiError(error).message}`;
  if (!isReady) return 'Searching';
  return count === 0 ? 'No results' : `${count} ${count === 1 ? 'result' : 'results'}`;
}

function Results({ groups, onRun }: { readonly groups: readonly Group[]; readonly onRun: (entry: Entry) => void }) {
  return (
    <Autocomplete.List className="p-2">
      {groups.map(({ value, items }) => (
        <Autocomplete.Group key={value} items={[...items]} className="not-last:mb-2">
          <Autocomplete.GroupLabel className="px-3 pt-1 pb-1 text-xs font-medium text-muted">
            {value}
          </Autocomplete.GroupLabel>
          {items.map((entry) => (
            <Line key={entry.id} entry={entry} onRun={onRun} />
          ))}
        </Autocomplete.Group>
      ))}
    </Autocomplete.List>
  );
}

export type PaletteProps = {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
  /** Gives what was typed before the input had the focus. */
  readonly takeTyped: () => Typed;
};

/** One input for every object, page and action. */
function Content({ onClose, onShortcuts, takeTyped }: Omit<PaletteProps, 'isOpen'>): ReactElement {
  const [text, setText] = useState('');
  const { groups, isReady, error } = useGroups(text.trim(), onShortcuts);
  /** Enter was pressed before the answer; the first line of the answer is run when it arrives. */
  const [isAwaited, setIsAwaited] = useState(false);
  const hasMoved = useRef(false);
  const count = groups.reduce((sum, { items }) => sum + items.length, 0);
  const run = (entry: Entry): void => {
    onClose();
    entry.run();
  };
  const first = groups[0]?.items[0];
  const runFirst = useRef(() => {});
  useEffect(() => {
    runFirst.current = () => (first === undefined ? undefined : run(first));
  });
  useEffect(() => {
    if (!isAwaited || !isReady) return;
    setIsAwaited(false);
    runFirst.current();
  }, [isAwaited, isReady]);
  return (
    <Autocomplete.Root
      open
      inline
      items={groups.map(({ value, items }) => ({ value, items: [...items] }))}
      filter={null}
      autoHighlight="always"
      keepHighlight
      value={text}
      onValueChange={(value, { reason }) => {
        // A chosen line is run; its title is not text to search for.
        if (reason === 'item-press') return;
        hasMoved.current = false;
        setIsAwaited(false);
        setText(value);
      }}
      itemToStringValue={({ title }: Entry) => title}
    >
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Icon name="search" className="size-4 text-muted" />
        <Autocomplete.Input
          aria-label="Search jobs, models, versions, providers, pages and actions"
          placeholder="Search or run an action"
          maxLength={100}
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-muted"
          onFocus={() => {
            const typed = takeTyped();
            if (typed.text !== '') setText((before) => before + typed.text);
            if (typed.hasEntered) setIsAwaited(true);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') hasMoved.current = true;
            if (event.key !== 'Enter' || isReady || hasMoved.current) return;
            // The lines answer an earlier text.
            event.preventBaseUIHandler();
            event.preventDefault();
            setIsAwaited(true);
          }}
        />
        <Kbd keys="Esc" />
      </div>
      <div className="h-[min(24rem,60dvh)] overflow-y-auto overscroll-contain">
        <Results groups={groups} onRun={run} />
        <Autocomplete.Status className={count === 0 ? 'px-5 py-3 text-sm text-muted' : 'sr-only'}>
          {statusOf(isReady, error, count)}
        </Autocomplete.Status>
      </div>
      <Dialog.Close className="sr-only">Close the palette</Dialog.Close>
    </Autocomplete.Root>
  );
}

export function Palette({ isOpen, onClose, ...rest }: PaletteProps): ReactElement {
  const hasRun = useRef(false);
  const input = useRef<HTMLDivElement>(null);
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-[rgb(12_14_24/0.45)]" />
        <Dialog.Popup
          ref={input}
          aria-label="Search and actions"
          initialFocus={() => input.current?.querySelector('input') ?? true}
          // An action moves the focus by itself.
          finalFocus={() => !hasRun.current}
          className="fixed inset-x-2 top-2 z-50 mx-auto flex max-w-2xl flex-col overflow-hidden rounded-xl border border-line bg-surface text-ink shadow-pop outline-none sm:top-[12dvh]"
        >
          <Content
            {...rest}
            onClose={() => {
              hasRun.current = true;
              onClose();
            }}
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
