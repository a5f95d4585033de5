import type { DataItem, JobFile, JobSpecInput, TextIssue } from '@artenic/core';
import { packArchive, type PackFile } from '@artenic/core/pack';
import { uploadObject } from '../../lib/upload.ts';
import { joined, packageOf, type Folder, type Found, type Package } from './dropped.ts';

/** Files in the browser for the paths of the job file. */
export type Holdings = {
  readonly folder: Folder | null;
  /** The folder of the job file inside the dropped folder; empty at the top. */
  readonly base: string;
  /** Single files, by name. */
  readonly files: ReadonlyMap<string, File>;
};

export const noHoldings: Holdings = { folder: null, base: '', files: new Map() };

/** The file of an entry under `data`; null when the browser does not have it. */
export function dataFileOf({ folder, base, files }: Holdings, path: string): File | null {
  const place = joined(base, path);
  const inside = folder?.files.find((one) => one.path === place)?.file;
  return inside ?? files.get(path) ?? files.get(path.slice(path.lastIndexOf('/') + 1)) ?? null;
}

/** The files of the package folder; null when the browser does not have the folder. */
export async function packageFor({ folder, base }: Holdings, path: string): Promise<Package | null> {
  const place = joined(base, path);
  if (folder === null || place === null) return null;
  const found = await packageOf(folder, place);
  return found.files.length + found.leftOut.length === 0 ? null : found;
}

/** Paths of the job file for which the browser has no file. */
export async function missing(file: JobFile, holdings: Holdings): Promise<readonly TextIssue[]> {
  const faults: TextIssue[] = [];
  if (typeof file.package === 'string' && (await packageFor(holdings, file.package)) === null)
    faults.push({ pointer: '/package', message: `drop the folder that holds ${file.package}, or remove this field` });
  for (const [index, item] of file.data.entries()) {
    const path = 'dataset' in item ? undefined : item.file;
    if (path !== undefined && dataFileOf(holdings, path) === null)
      faults.push({
        pointer: `/data/${index}/file`,
        message: `add the file ${path}, or drop the folder that holds it`,
      });
  }
  return faults;
}

export type Progress = { readonly label: string; /** From 0 to 1. */ readonly share: number };
type Report = (progress: Progress) => void;

async function* chunksOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

function packFileOf({ path, file }: Found): PackFile {
  return { path, bytes: file.size, read: () => chunksOf(file) };
}

/** Packs in the browser; the same files have the same bytes as packed by the command line. */
async function packed({ files, bytes }: Package, report: Report): Promise<File> {
  let done = 0;
  const counted = files.map(packFileOf).map((one) => ({
    ...one,
    read: async function* () {
      for await (const chunk of one.read()) {
        done += chunk.byteLength;
        report({ label: 'Packing the code', share: bytes === 0 ? 1 : done / bytes });
        yield chunk;
      }
    },
  }));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of packArchive(counted)) chunks.push(chunk);
  return new File(chunks, 'package.tar.gz', { type: 'application/gzip' });
}

function uploaded(kind: 'packages' | 'data', file: File, label: string, report: Report): Promise<string> {
  report({ label: `Checking ${label}`, share: 0 });
  return uploadObject(kind, file, (share) => report({ label: `Uploading ${label}`, share }));
}

/** Packs and uploads what the job file names, and gives the job to submit. Objects that are stored are not sent again. */
export async function specOf(file: JobFile, holdings: Holdings, report: Report): Promise<JobSpecInput> {
  const { package: code, data, ...rest } = file;
  const items: DataItem[] = [];
  for (const item of data) {
    if ('dataset' in item) {
      items.push(item);
      continue;
    }
    const { name, file: path, sha256 } = item;
    const content = path === undefined ? null : dataFileOf(holdings, path);
    if (sha256 !== undefined) items.push({ name, sha256 });
    else if (content !== null) items.push({ name, sha256: await uploaded('data', content, name, report) });
  }
  const given = typeof code === 'string' ? await packageFor(holdings, code) : null;
  if (given !== null)
    return {
      ...{ ...rest, data: items },
      package: { sha256: await uploaded('packages', await packed(given, report), 'the code', report) },
    };
  return { ...rest, data: items, ...(typeof code === 'object' ? { package: code } : {}) };
}
