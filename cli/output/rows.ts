import { pipeline, Readable } from 'node:stream';
import { CsvError, parse as parseCsv } from 'csv-parse';
import { keepDigits } from '@artenic/core';
import { z } from 'zod';
import { valueOfCell, type InputSignature } from './cells.ts';
import { CliError } from '../cli-error.ts';

const rowSchema = z.record(z.string(), z.unknown());
export type Row = z.output<typeof rowSchema>;
/** Called only for CSV rows, because CSV cells carry no type. */
export type InputsOf = () => Promise<readonly InputSignature[]>;

function asRow(value: unknown, place: string): Row {
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) throw new CliError('usage', `${place} is not a JSON object of inputs by name`);
  return parsed.data;
}

function hintFor(json: string): string {
  if (/\b(?:NaN|Infinity)\b/.test(json)) return ': a missing number is null, an infinite one is "Infinity"';
  return /^\{[^}]*$/.test(json.trim()) ? ': write each object on a line of its own, or all of them in one list' : '';
}

function parsed(json: string, place: string): unknown {
  try {
    return JSON.parse(json, keepDigits);
  } catch {
    throw new CliError('usage', `${place} is not JSON${hintFor(json)}`);
  }
}

/** Decodes text without its byte order mark. */
async function* textOf(input: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new CliError('usage', 'standard input is not UTF-8: save it as UTF-8 (spreadsheets: "CSV UTF-8")');
  }
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  for await (const text of texts) {
    for (const [index, piece] of text.split('\n').entries()) {
      if (index === 0) parts.push(piece);
      else {
        yield parts.join('');
        parts = [piece];
      }
    }
  }
  yield parts.join('');
}

async function* rowsOfLines(texts: AsyncIterable<string>): AsyncGenerator<Row> {
  let line = 0;
  for await (const json of linesOf(texts)) {
    line++;
    if (json.trim() !== '') yield asRow(parsed(json, `line ${line}`), `line ${line}`);
  }
}

async function* rowsOfList(texts: AsyncIterable<string>): AsyncGenerator<Row> {
  let json = '';
  for await (const text of texts) json += text;
  const rows = z.array(z.unknown()).parse(parsed(json, 'standard input'));
  for (const [index, row] of rows.entries()) yield asRow(row, `element ${index}`);
}

function checkHeader(header: readonly string[]): readonly string[] {
  const [only = ''] = header;
  const other = header.length === 1 ? /[;\t]/.exec(only)?.[0] : undefined;
  if (other !== undefined) {
    const name = other === ';' ? 'semicolons' : 'tabs';
    throw new CliError('usage', `the columns of standard input stand between ${name}: put commas between them`);
  }
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw new CliError('usage', `the header of standard input names ${twice} twice`);
  return header;
}

function csvFault(error: CsvError): CliError {
  const { code, lines, record, message } = error as CsvError & { readonly lines?: unknown; readonly record?: unknown };
  const told =
    code === 'CSV_RECORD_INCONSISTENT_COLUMNS' && Array.isArray(record)
      ? `line ${String(lines)} has ${record.length} cells, and the header has another number of names`
      : message;
  return new CliError('usage', `standard input is not valid CSV: ${told}`);
}

async function* rowsOfCsv(texts: AsyncIterable<string>, inputsOf: InputsOf): AsyncGenerator<Row> {
  const inputs = new Map((await inputsOf()).map((input) => [input.name, input]));
  const parser = parseCsv({ columns: (header: string[]) => [...checkHeader(header)], skip_empty_lines: true });
  pipeline(Readable.from(texts), parser, () => {
    // A failure of either stream ends the loop below.
  });
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>)
      yield Object.fromEntries(
        Object.entries(record).map(([name, cell]) => [name, valueOfCell(cell, inputs.get(name))]),
      );
  } catch (error) {
    throw error instanceof CsvError ? csvFault(error) : error;
  }
}

/** Streams rows; the first character decides the format. */
export async function* readRows(input: Readable, inputsOf: InputsOf): AsyncGenerator<Row> {
  const texts = textOf(input);
  let head = '';
  for (let next = await texts.next(); next.done !== true; next = await texts.next()) {
    head += next.value;
    if (head.trim() !== '') break;
  }
  async function* whole(): AsyncGenerator<string> {
    yield head;
    yield* texts;
  }
  const first = head.trimStart().slice(0, 1);
  if (first === '[') yield* rowsOfList(whole());
  else if (first === '{') yield* rowsOfLines(whole());
  else if (first !== '') yield* rowsOfCsv(whole(), inputsOf);
}
