import { ansiBits, backgroundOf, foregroundOf, plainStyle, type AnsiStyle } from './ansi.ts';

const classes = new Map<AnsiStyle, string>();

function build(style: AnsiStyle): string {
  const isInverse = (style & ansiBits.inverse) !== 0;
  const [foreground, background] = isInverse
    ? [backgroundOf(style), foregroundOf(style)]
    : [foregroundOf(style), backgroundOf(style)];
  const parts: string[] = [];
  if (foreground > 0) parts.push(`ansi-f${foreground}`);
  else if (isInverse) parts.push('text-canvas');
  if (background > 0) parts.push(`ansi-b${background}`);
  else if (isInverse) parts.push('bg-ink');
  // Text with a background colour but no foreground colour must stay readable in both themes.
  if (background > 0 && foreground === 0) parts.push('ansi-on');
  if ((style & ansiBits.bold) !== 0) parts.push('font-bold');
  if ((style & ansiBits.dim) !== 0) parts.push('ansi-dim');
  if ((style & ansiBits.italic) !== 0) parts.push('italic');
  if ((style & ansiBits.underline) !== 0) parts.push('underline');
  if ((style & ansiBits.strike) !== 0) parts.push('line-through');
  return parts.join(' ');
}

/** Class names for a style; the theme defines the colours. */
export function ansiClass(style: AnsiStyle): string | undefined {
  if (style === plainStyle) return undefined;
  const known = classes.get(style);
  if (known !== undefined) return known;
  const made = build(style);
  classes.set(style, made);
  return made;
}
