import { ansiTokens, applySgr, plainStyle, type AnsiStyle } from './ansi.ts';

const longestLine = 100_000;

type Cell = { readonly char: string; readonly style: AnsiStyle };
type Screen = { cells: Cell[]; column: number; style: AnsiStyle };

const needsScreen = (code: string): boolean => 'KGCDP`a'.includes(code);

/** Whether a line moves the cursor back or erases, as progress bars do. Colour alone does not count. */
export function isRedrawn(text: string): boolean {
  if (text.includes('\r') || text.includes('\b')) return true;
  if (!text.includes('\u001b') && !text.includes('\u009b')) return false;
  return ansiTokens(text).some((token) => token.kind === 'csi' && needsScreen(token.final));
}

function put(screen: Screen, text: string): void {
  for (const char of text) {
    if (screen.column >= longestLine) return;
    while (screen.cells.length < screen.column) screen.cells.push({ char: ' ', style: plainStyle });
    screen.cells[screen.column] = { char, style: screen.style };
    screen.column++;
  }
}

function eraseInLine(screen: Screen, mode: number): void {
  if (mode === 2) screen.cells = [];
  else if (mode === 0) screen.cells.length = Math.min(screen.cells.length, screen.column);
  else screen.cells = screen.cells.map((cell, at) => (at <= screen.column ? { char: ' ', style: plainStyle } : cell));
}

function move(screen: Screen, final: string, params: string): void {
  const count = Math.min(longestLine, params === '' ? 1 : Number.parseInt(params, 10) || 0);
  if (final === 'K') eraseInLine(screen, params === '' ? 0 : count);
  if (final === 'G' || final === '`') screen.column = Math.max(0, count - 1);
  if (final === 'C' || final === 'a') screen.column = Math.min(longestLine, screen.column + Math.max(1, count));
  if (final === 'D') screen.column = Math.max(0, screen.column - Math.max(1, count));
  if (final === 'P') screen.cells.splice(screen.column, Math.max(1, count));
}

/** SGR parameters that set this style, starting from no style. */
function sgrOf(style: AnsiStyle): string {
  const codes = ['0'];
  for (let bit = 0; bit < 6; bit++)
    if ((style & (1 << (10 + bit))) !== 0) codes.push(['1', '2', '3', '4', '7', '9'][bit] ?? '');
  const foreground = style & 31;
  const background = (style >> 5) & 31;
  if (foreground > 0) codes.push(String(foreground > 8 ? foreground + 81 : foreground + 29));
  if (background > 0) codes.push(String(background > 8 ? background + 91 : background + 39));
  return `\u001b[${codes.join(';')}m`;
}

/**
 * Final content of a line after all its redraws, written as text with colours, so that 10,000 steps of a progress bar
 * take the room of one. Text appended to an unfinished line later continues at the cursor's position.
 */
export function settleLine(text: string, startStyle: AnsiStyle): string {
  const screen: Screen = { cells: [], column: 0, style: startStyle };
  for (const token of ansiTokens(text)) {
    if (token.kind === 'text') put(screen, token.text);
    if (token.kind === 'sgr') screen.style = applySgr(screen.style, token.params);
    if (token.kind === 'return') screen.column = 0;
    if (token.kind === 'back') screen.column = Math.max(0, screen.column - 1);
    if (token.kind === 'csi') move(screen, token.final, token.params);
  }
  let settled = '';
  let style = startStyle;
  for (const cell of screen.cells) {
    if (cell.style !== style) settled += sgrOf(cell.style);
    style = cell.style;
    settled += cell.char;
  }
  if (screen.style !== style) settled += sgrOf(screen.style);
  if (screen.column === screen.cells.length) return settled;
  return `${settled}\r${screen.column === 0 ? '' : `\u001b[${screen.column}C`}`;
}
