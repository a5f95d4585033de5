import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CsvError, parse as parseCsv } from 'csv-parse';
import { z } from 'zod';
import { CliError } from './cli-error.ts';

const rowSchema = z.record(z.string(), z.unknown());
export type Row = z.output<typeof rowSchema>;

/** Numbers, `true`, `false`, lists and quoted text as JSON has them; anything else is text. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asRow(value: unknown, place: string): Row {
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) throw new CliError('usage', `${place} is no JSON object of inputs by name`);
  return parsed.data;
}

function parsed(json: string, place: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new CliError('usage', `${place} is not JSON`);
  }
}

async function* linesOf(input: Readable): AsyncGenerator<Row> {
  let line = 0;
  for await (const json of createInterface({ input, crlfDelay: Infinity })) {
    line++;
    if (json.trim() !== '') yield asRow(parsed(json, `line ${line}`), `line ${line}`);
  }
}

async function* listOf(input: Readable): AsyncGenerator<Row> {
  const rows = z.array(z.unknown()).parse(parsed(await text(input), 'standard input'));
  for (const [index, row] of rows.entries()) yield asRow(row, `element ${index}`);
}

async function* csvOf(input: Readable): AsyncGenerator<Row> {
  const parser = input.pipe(parseCsv({ columns: true, bom: true, skip_empty_lines: true }));
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>)
      yield Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, valueOf(cell)]));
  } catch (error) {
    if (error instanceof CsvError) throw new CliError('usage', `standard input is no good CSV: ${error.message}`);
    throw error;
  }
}

/** Rows as they come; what they are written in is told by the first character. */
export async function* readRows(input: Readable): AsyncGenerator<Row> {
  const whole = new PassThrough();
  let first = '';
  for await (const chunk of input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    first = chunk.toString('utf8').trimStart().slice(0, 1);
    whole.write(chunk);
    break;
  }
  input.pipe(whole);
  if (first === '[') yield* listOf(whole);
  else if (first === '{') yield* linesOf(whole);
  else if (first !== '') yield* csvOf(whole);
}
