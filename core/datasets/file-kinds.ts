/** Formats of files with rows and columns; each may also be packed with gzip. */
export const tableFormats = ['csv', 'tsv', 'json', 'jsonl', 'parquet'] as const;
export type TableFormat = (typeof tableFormats)[number];

const imageFormats = ['png', 'jpeg', 'gif', 'webp'] as const;
export type ImageFormat = (typeof imageFormats)[number];

export type FileKind =
  | { readonly kind: 'table'; readonly format: TableFormat; readonly isPacked: boolean; readonly mediaType: string }
  | { readonly kind: 'image'; readonly format: ImageFormat; readonly mediaType: string }
  | { readonly kind: 'other'; readonly mediaType: string };

const tables: ReadonlyMap<string, readonly [TableFormat, string]> = new Map([
  ['csv', ['csv', 'text/csv']],
  ['tsv', ['tsv', 'text/tab-separated-values']],
  ['tab', ['tsv', 'text/tab-separated-values']],
  ['json', ['json', 'application/json']],
  ['jsonl', ['jsonl', 'application/jsonl']],
  ['ndjson', ['jsonl', 'application/jsonl']],
  ['parquet', ['parquet', 'application/vnd.apache.parquet']],
]);

const images: ReadonlyMap<string, readonly [ImageFormat, string]> = new Map([
  ['png', ['png', 'image/png']],
  ['jpg', ['jpeg', 'image/jpeg']],
  ['jpeg', ['jpeg', 'image/jpeg']],
  ['gif', ['gif', 'image/gif']],
  ['webp', ['webp', 'image/webp']],
]);

const others: ReadonlyMap<string, string> = new Map([
  ['txt', 'text/plain'],
  ['log', 'text/plain'],
  ['md', 'text/markdown'],
  ['html', 'text/html'],
  ['xml', 'application/xml'],
  ['yaml', 'application/yaml'],
  ['yml', 'application/yaml'],
  ['pdf', 'application/pdf'],
  ['zip', 'application/zip'],
  ['gz', 'application/gzip'],
  ['tgz', 'application/gzip'],
  ['tar', 'application/x-tar'],
  ['zst', 'application/zstd'],
  ['svg', 'image/svg+xml'],
  ['bmp', 'image/bmp'],
  ['tif', 'image/tiff'],
  ['tiff', 'image/tiff'],
  ['avif', 'image/avif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['flac', 'audio/flac'],
  ['ogg', 'audio/ogg'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['npy', 'application/x-npy'],
  ['npz', 'application/x-npz'],
  ['arrow', 'application/vnd.apache.arrow.file'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['onnx', 'application/x-onnx'],
]);

/** Kind of a file's content, by the ending of its name. */
export function fileKindOf(path: string): FileKind {
  const [last = '', before = ''] = path
    .slice(path.lastIndexOf('/') + 1)
    .toLowerCase()
    .split('.')
    .slice(1)
    .toReversed();
  const isPacked = last === 'gz' && tables.has(before);
  const table = tables.get(isPacked ? before : last);
  if (table !== undefined)
    return { kind: 'table', format: table[0], isPacked, mediaType: isPacked ? 'application/gzip' : table[1] };
  const image = images.get(last);
  if (image !== undefined) return { kind: 'image', format: image[0], mediaType: image[1] };
  return { kind: 'other', mediaType: others.get(last) ?? 'application/octet-stream' };
}

/** The name under which a content's profile is stored, such as `csv.gz`; null for files without a profile. */
export function profiledAs(kind: FileKind): string | null {
  switch (kind.kind) {
    case 'table':
      return kind.isPacked ? `${kind.format}.gz` : kind.format;
    case 'image':
      return kind.format;
    case 'other':
      return null;
  }
}
