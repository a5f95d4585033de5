const patienceMs = 5000;

const focusNow = (): boolean => {
  const filter = document.querySelector<HTMLElement>('[data-filter]');
  filter?.focus();
  return filter !== null;
};

/** Focuses the filter or search field of the page; one that is about to be shown as soon as it is there. */
export function focusFilter(): void {
  if (focusNow()) return;
  const observer = new MutationObserver(() => {
    if (focusNow()) observer.disconnect();
  });
  observer.observe(document.body, { childList: true, subtree: true });
  window.setTimeout(() => observer.disconnect(), patienceMs);
}
