/** Escapes control characters that a terminal would act on. */
export function printable(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what it is about
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g,
    (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** A cell's text: one line, without tabs. */
export function oneLine(text: string): string {
  const parts = text.split(/[\n\t]/).map((part) => part.trim());
  return printable(parts.filter((part) => part !== '').join(' '));
}
