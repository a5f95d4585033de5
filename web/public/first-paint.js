// Runs before the first paint, so that a chosen theme never flashes in another one.
try {
  const theme = localStorage.getItem('artenic.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be forbidden; the system's theme is then right.
}

// zod reads it before its first schema: it would try `new Function`, which the content security policy refuses and reports.
// oxlint-disable-next-line no-underscore-dangle -- zod's name
globalThis.__zod_globalConfig = { jitless: true };
