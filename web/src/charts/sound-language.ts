/**
 * Chromium on a machine without a locale calls its language `en-US@posix`, which no `Intl` takes, and uPlot asks `Intl`
 * for it when it is loaded. To be imported before it.
 */
function isSound(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false;
  }
}

if (!isSound(navigator.language)) {
  const language = navigator.language.split('@')[0] ?? '';
  Object.defineProperty(navigator, 'language', { value: isSound(language) ? language : 'en-US' });
}
