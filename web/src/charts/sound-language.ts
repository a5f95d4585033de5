/**
 * Chromium on a machine without a locale reports the language `en-US@posix`. `Intl` rejects it, and uPlot calls `Intl`
 * while it loads. Import this module before uPlot.
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
