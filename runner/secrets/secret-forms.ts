/** Shorter values would mask ordinary words; the API refuses them as secrets. */
const shortestMasked = 4;
/** A line or an encoded form may be shorter than its value: below this length it would match ordinary text. */
const shortestForm = 6;

/** All byte sequences in which a text may contain one of the secrets: longest first, without duplicates. */
export function secretForms(secrets: readonly string[]): readonly Buffer[] {
  const forms = new Map<string, Buffer>();
  const add = (form: Buffer, shortest: number): void => {
    if (form.length >= shortest) forms.set(form.toString('latin1'), form);
  };
  for (const secret of secrets.filter(({ length }) => length >= shortestMasked)) {
    add(Buffer.from(secret), shortestMasked);
    // Keys and certificates are printed line by line, and with spaces stripped.
    const lines = secret.split(/\r\n|\r|\n/).map((line) => line.trim());
    for (const part of new Set([secret, secret.trim(), ...lines].filter(({ length }) => length >= shortestMasked)))
      for (const form of [part, ...writtenForms(part), ...base64Forms(Buffer.from(part))])
        add(Buffer.from(form), shortestForm);
  }
  return [...forms.values()].toSorted((a, b) => b.length - a.length);
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
const percent = (character: string): string => `%${hex(character.charCodeAt(0), 2).toUpperCase()}`;

/** Forms in which programs write a text inside other text, without the quotes around it. */
function writtenForms(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const bytes = Buffer.from(text).toString('latin1');
  const url = encodeURIComponent(text);
  // Characters that `encodeURIComponent` leaves as they are, and other encoders escape.
  const strictUrl = url.replaceAll(/[!'()*]/g, percent);
  return [
    ...[json, json.replaceAll('/', String.raw`\/`), asciiJson(json)],
    ...['', "'", '"'].flatMap((quote) => [literal(text, quote, inText), literal(bytes, quote, inBytes)]),
    ...[url, strictUrl, strictUrl.replaceAll('%2F', '/'), strictUrl.replaceAll('%20', '+'), encodeURI(text)],
    text.replaceAll("'", String.raw`'\''`),
  ];
}

/** Python's `json.dumps` and other encoders write ASCII only. */
function asciiJson(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', String.raw`\\`],
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

const inText = /[\\\p{Cc}'"]/gu;
/** For bytes as Latin-1: also all characters beyond ASCII. */
const inBytes = /[\\\p{Cc}\x80-\xff'"]/gu;

/** The text as Python's `repr` and Node's `inspect` write it between these quotes. */
function literal(text: string, quote: string, escaped: RegExp): string {
  return text.replaceAll(escaped, (character) => {
    if (character === quote) return `\\${quote}`;
    const isPlain = character === "'" || character === '"';
    return isPlain ? character : (shortEscapes.get(character) ?? `\\x${hex(character.charCodeAt(0), 2)}`);
  });
}

/**
 * The part of the value's base64 that does not depend on the bytes before and after it: one form for each alignment.
 */
function base64Forms(value: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value]).toString('base64');
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + value.length) * 8) / 6);
    const form = encoded.slice(start, end);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
