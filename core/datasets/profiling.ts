import { fileKindOf, profiledAs, type FileKind } from './file-kinds.ts';

/** Tables and images of a version that are profiled: those first by path that the version added or changed. */
export const mostProfiledFiles = 1000;
/** Larger files have no profile. */
export const mostProfiledBytes = 4 * 1024 ** 3;

export type ProfiledFile = {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly kind: Exclude<FileKind, { readonly kind: 'other' }>;
};

/** A file with the format as which it is profiled; null for other files. */
export function toProfile(file: {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}): ProfiledFile | null {
  const kind = fileKindOf(file.path);
  const format = profiledAs(kind);
  if (kind.kind === 'other' || format === null) return null;
  const { path, sha256, bytes } = file;
  return { path, sha256, bytes, format, kind };
}
