import type { ReactElement } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { Kbd } from '../components/kbd.tsx';
import { modifierKey, setShortcuts, useShortcutsOn } from '../lib/shortcuts.ts';
import { navigation } from './navigation.ts';

const groups: readonly { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[] = [
  { title: 'Go to', rows: navigation.map(({ keys, label }) => [keys, label] as const) },
  {
    title: 'Anywhere',
    rows: [
      [`${modifierKey} K`, 'Search and run actions'],
      ['n', 'Dispatch a job'],
      ['/', 'Filter this page, search the log'],
      ['t', 'Next theme'],
      ['?', 'These shortcuts'],
    ],
  },
  {
    title: 'In a table or list',
    rows: [
      ['j', 'Next row'],
      ['k', 'Row before'],
      ['Enter', 'Open the row'],
    ],
  },
  {
    title: 'In a dialog',
    rows: [
      ['Esc', 'Close it'],
      ['Tab', 'Next field'],
    ],
  },
];

export function ShortcutsSheet({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const isOn = useShortcutsOn();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Keyboard shortcuts">
      <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {groups.map(({ title, rows }) => (
          <section key={title} aria-label={title}>
            <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
            <ul>
              {rows.map(([keys, label]) => (
                <li key={keys} className="flex h-8 items-center justify-between gap-3 text-sm">
                  {label}
                  <Kbd keys={keys} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <label className="mt-5 flex items-center gap-2.5 border-t border-line pt-4 text-sm">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => setShortcuts(event.target.checked)}
          className="size-4 accent-(--color-accent)"
        />
        Shortcuts
        <span className="text-xs text-muted">turn off for speech input</span>
      </label>
    </Dialog>
  );
}
