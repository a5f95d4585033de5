import { useEffect, useRef, useSyncExternalStore } from 'react';
import { readStored, store } from './stored.ts';

const storageKey = 'artenic.shortcuts';
/** Longest time between the two keys of a pair. */
const pairMs = 1200;
const listeners = new Set<() => void>();

export const areShortcutsOn = (): boolean => readStored(storageKey) !== 'off';

/** WCAG 2.1.4 requires that single-key shortcuts can be turned off: speech input types them by accident. */
export function setShortcuts(on: boolean): void {
  store(storageKey, on ? null : 'off');
  listeners.forEach((listener) => listener());
}

export function useShortcutsOn(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, areShortcutsOn);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, [role="dialog"]') !== null)
  );
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"]') !== null;
}

/** Name of a key that is pressed with Control or, on a Mac, Command; null for others. */
function withModifier(event: KeyboardEvent): string | null {
  if ((!event.ctrlKey && !event.metaKey) || event.altKey || event.shiftKey) return null;
  return `mod ${event.key.toLowerCase()}`;
}

/**
 * Runs the action of a key, or of two keys in sequence (`g j`), unless the user types or a dialog is open. A key with
 * Control or Command (`mod k`) also works in a field.
 */
export function useShortcuts(actions: Readonly<Record<string, () => void>>): void {
  const current = useRef(actions);
  useEffect(() => {
    current.current = actions;
  });
  useEffect(() => {
    let before = '';
    let beforeMs = 0;
    const onKeyDown = (event: KeyboardEvent): void => {
      const isAllowed = areShortcutsOn() || event.key === '?';
      const modified = withModifier(event);
      const ofModified = modified === null ? undefined : current.current[modified];
      if (ofModified !== undefined && isAllowed && !isInDialog(event.target)) {
        event.preventDefault();
        ofModified();
        return;
      }
      if (!isAllowed || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const pair = event.timeStamp - beforeMs < pairMs ? `${before} ${event.key}` : '';
      const action = current.current[pair] ?? current.current[event.key];
      before = event.key;
      beforeMs = event.timeStamp;
      if (action === undefined) return;
      event.preventDefault();
      before = '';
      action();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

/** The key for `mod` on this machine. */
export const modifierKey = /mac|iphone|ipad/i.test(navigator.platform) ? '⌘' : 'Ctrl';
