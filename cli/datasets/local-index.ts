import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { jsonOrNull } from '@artenic/core';
import { writeWhole } from '@artenic/core/write-whole';
import { z } from 'zod';
import { sameStamp, type FileStamp, type FoundFile } from './folder.ts';

/** A file changed this shortly before it was hashed may change again within the clock's resolution. */
const settleMs = 2000;

export type HashedFile = FileStamp & { readonly path: string; readonly sha256: string; readonly hashedAtMs: number };
/** The version that the folder was uploaded as. */
export type UploadedAs = { readonly datasetId: string; readonly version: number };

const rowSchema = z.tuple([z.string(), z.string(), z.number(), z.number(), z.number(), z.number(), z.number()]);
const uploadsSchema = z.array(z.tuple([z.string(), z.string()]));
const headSchema = z.object({ datasetId: z.string(), version: z.number() });

function toLine({ path, sha256, bytes, mtimeMs, ctimeMs, inode, hashedAtMs }: HashedFile): string {
  return `${JSON.stringify([path, sha256, bytes, mtimeMs, ctimeMs, inode, hashedAtMs])}\n`;
}

/** Rows of a file. A line that a killed process left half written is passed over. */
function readRows(lines: readonly string[], into: Map<string, HashedFile>): void {
  for (const line of lines) {
    const parsed = rowSchema.safeParse(jsonOrNull(line));
    if (!parsed.success) continue;
    const [path, sha256, bytes, mtimeMs, ctimeMs, inode, hashedAtMs] = parsed.data;
    into.set(path, { path, sha256, bytes, mtimeMs, ctimeMs, inode, hashedAtMs });
  }
}

/**
 * Hashes of a folder's files, so that an unchanged file is not read again: a whole list from the last upload, and beside
 * it a journal of the present one, which a killed upload leaves for the next.
 */
export class LocalIndex {
  readonly #file: string;
  readonly #known = new Map<string, HashedFile>();
  /** Files of the version that the folder was uploaded as. */
  readonly uploaded = new Map<string, string>();
  readonly uploadedAs: UploadedAs | null;
  readonly #uploads: Map<string, string>;
  #journal: string[] = [];

  /** @param cache folder of the user for what can be made again */
  constructor(cache: string, url: string, dataset: string, folder: string) {
    const name = createHash('sha256')
      .update(JSON.stringify([url, dataset, resolve(folder)]))
      .digest('hex');
    this.#file = join(cache, 'datasets', `${name.slice(0, 32)}.jsonl`);
    const [head, ...lines] = existsSync(this.#file) ? readFileSync(this.#file, 'utf8').split('\n') : [];
    const as = headSchema.safeParse(jsonOrNull(head ?? ''));
    this.uploadedAs = as.success ? as.data : null;
    readRows(lines, this.#known);
    if (as.success) for (const { path, sha256 } of this.#known.values()) this.uploaded.set(path, sha256);
    const uploads = existsSync(this.#uploadsFile) ? readFileSync(this.#uploadsFile, 'utf8') : '[]';
    this.#uploads = new Map(uploadsSchema.safeParse(jsonOrNull(uploads)).data ?? []);
    if (existsSync(this.#journalFile)) readRows(readFileSync(this.#journalFile, 'utf8').split('\n'), this.#known);
  }

  get #uploadsFile(): string {
    return `${this.#file}.uploads`;
  }

  get #journalFile(): string {
    return `${this.#file}.journal`;
  }

  /** The hash of a file that has not changed since it was read; null if it has to be read. */
  find(file: FoundFile): HashedFile | null {
    const known = this.#known.get(file.path);
    if (known === undefined || !sameStamp(known, file)) return null;
    return Math.max(known.mtimeMs, known.ctimeMs) < known.hashedAtMs - settleMs ? known : null;
  }

  note(file: HashedFile): void {
    this.#journal.push(toLine(file));
    if (this.#journal.length >= 200) this.flush();
  }

  /** Uploads that a killed process has not finished, by the hash of their content. */
  uploadOf(sha256: string): string | undefined {
    return this.#uploads.get(sha256);
  }

  noteUpload(sha256: string, id: string): void {
    this.#uploads.set(sha256, id);
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    writeWhole(this.#uploadsFile, JSON.stringify([...this.#uploads]));
  }

  flush(): void {
    if (this.#journal.length === 0) return;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    appendFileSync(this.#journalFile, this.#journal.join(''));
    this.#journal = [];
  }

  /** Replaces the list: the folder's files are those of this version. */
  save(as: UploadedAs, files: readonly HashedFile[]): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    writeWhole(this.#file, `${JSON.stringify(as)}\n${files.map(toLine).join('')}`);
    rmSync(this.#journalFile, { force: true });
    rmSync(this.#uploadsFile, { force: true });
  }
}
