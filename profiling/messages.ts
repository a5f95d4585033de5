import type { Cell, ContentProfile, FilterOperator, ProfileFailure } from '@artenic/core';
import type { TableFormat } from '../core/datasets/file-kinds.ts';
import type { ErrorType } from '../core/errors.ts';

export type TableSource = { readonly path: string; readonly format: TableFormat; readonly isPacked: boolean };

/** `folder` is the reader's own; the reader may write below it. */
export type ProfileRequest = { readonly source: TableSource; readonly folder: string; readonly memoryMb: number };

export type TableProfile = Extract<ContentProfile, { readonly kind: 'table' }>;
export type ProfileAnswer =
  /** `copy`: the same rows as a Parquet file, where the source is slow to page; below the reader's folder. */
  | { readonly kind: 'done'; readonly profile: TableProfile; readonly copy: string | null }
  | { readonly kind: 'failed'; readonly failure: ProfileFailure };

export type OpenRequest = { readonly path: string; readonly folder: string; readonly memoryMb: number };
export type ColumnHead = { readonly name: string; readonly type: string };
export type OpenAnswer = { readonly columns: readonly ColumnHead[]; readonly rows: number };

export type PageFilter = {
  readonly column: string;
  readonly operator: FilterOperator;
  /** Text, as it stands in the request; the reader turns it into the column's type. */
  readonly value: string;
};
export type PageQuery = {
  readonly offset: number;
  readonly limit: number;
  readonly sort: { readonly column: string; readonly isDescending: boolean } | null;
  readonly filter: PageFilter | null;
  readonly search: string | null;
};
export type PageRow = { readonly row: number; readonly cells: readonly Cell[]; readonly cut: readonly number[] };
export type PageAnswer = {
  readonly columns: readonly ColumnHead[];
  readonly columnsLeftOut: number;
  readonly rows: readonly PageRow[];
  readonly total: number;
};

/** Calls to a reader, with their arguments and answers. A reader gets `profile` once, or `open` and then pages. */
export type ReaderCalls = {
  readonly profile: { readonly argument: ProfileRequest; readonly answer: ProfileAnswer };
  readonly open: { readonly argument: OpenRequest; readonly answer: OpenAnswer };
  readonly page: { readonly argument: PageQuery; readonly answer: PageAnswer };
};
export type ReaderRequest = {
  [Call in keyof ReaderCalls]: {
    readonly id: number;
    readonly call: Call;
    readonly argument: ReaderCalls[Call]['argument'];
  };
}[keyof ReaderCalls];

/** The first message has id 0: the reader is ready. */
export type ReaderReply =
  | { readonly id: number; readonly failure: null; readonly answer: ReaderCalls[keyof ReaderCalls]['answer'] | null }
  | { readonly id: number; readonly failure: { readonly type: ErrorType; readonly message: string } };
