export const logLevels = ['error', 'warn', 'info', 'debug', 'plain'] as const;
/** `plain`: a line that names no level, which is most training output. */
export type LogLevel = (typeof logLevels)[number];

const looksAt = 240;
const jsonLevel = /"(?:level|severity|levelname)"\s*:\s*(?:"(\w+)"|(\d+))/i;
/** A bare level word counts only in capitals: `ERROR`, not "no error found". */
const shouted =
  /(?:^|[^\w-])(FATAL|CRITICAL|CRIT|PANIC|ERROR|ERR|WARNING|WARN|INFO|NOTICE|DEBUG|TRACE|VERBOSE)(?![\w-])/;
/**
 * Level words in brackets, before a colon at the start of a word, as a key's value, or in Python's warning classes:
 * `[warn]`, `error:`.
 */
const marked =
  /[[<(](fatal|critical|error|err|warning|warn|info|notice|debug|trace)[\])>]|(?:^|\s)(fatal|error|warning|warn|info|debug):(?=\s|$)|level=(\w+)|\b\w*(warning):(?=\s)/i;
const failure =
  /^(?:Traceback \(most recent call last\)|Uncaught |Segmentation fault|Killed$|panic:|(?:\w+\.)*\w*(?:Error|Exception)\b(?::|$))/;
const continuation = /^(?:\s+\S|\s*at \S|Caused by|During handling of)/;

function levelOfWord(name: string): LogLevel {
  const lower = name.toLowerCase();
  if (/^(?:fatal|crit|critical|panic|err|error|alert|emergency)/.test(lower)) return 'error';
  if (lower.startsWith('warn') || lower.endsWith('warning')) return 'warn';
  if (lower === 'info' || lower === 'notice') return 'info';
  return /^(?:debug|trace|verbose)$/.test(lower) ? 'debug' : 'plain';
}

/** Numeric levels of pino and bunyan. */
function levelOfNumber(level: number): LogLevel {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warn';
  return level >= 30 ? 'info' : 'debug';
}

/**
 * Severity that a line states.
 * @param previous level of the line before: an indented line below an error belongs to its stack trace
 */
export function levelOf(plain: string, previous: LogLevel): LogLevel {
  const head = plain.length > looksAt ? plain.slice(0, looksAt) : plain;
  if (failure.test(head)) return 'error';
  const json = head.startsWith('{') ? jsonLevel.exec(head) : null;
  if (json?.[1] !== undefined) return levelOfWord(json[1]);
  if (json?.[2] !== undefined) return levelOfNumber(Number(json[2]));
  const named =
    shouted.exec(head)?.[1] ??
    marked
      .exec(head)
      ?.slice(1)
      .find((group) => group !== undefined);
  if (named !== undefined) return levelOfWord(named);
  return previous !== 'plain' && continuation.test(head) ? previous : 'plain';
}
