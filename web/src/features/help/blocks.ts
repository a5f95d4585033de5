/** A page of the documentation as data: the dashboard makes elements of it and never inserts HTML. */
export type Inline =
  | string
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em'; readonly parts: readonly Inline[] }
  /** `href` is an address of the dashboard (`/help/…`), or of another site. */
  | { readonly kind: 'link'; readonly href: string; readonly parts: readonly Inline[] }
  | { readonly kind: 'break' }
  | {
      readonly kind: 'image';
      readonly src: string;
      readonly alt: string;
      readonly width: number;
      readonly height: number;
    };

export type Cell = { readonly parts: readonly Inline[]; readonly isRight: boolean };

export type Block =
  | { readonly kind: 'heading'; readonly depth: number; readonly id: string; readonly parts: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly parts: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'table'; readonly head: readonly Cell[]; readonly rows: readonly (readonly Cell[])[] }
  | { readonly kind: 'rule' };

export type Section = { readonly id: string; readonly title: string };

/** A page's place in the index. */
export type Topic = {
  /** After `/help/`. */
  readonly path: string;
  readonly title: string;
  readonly sections: readonly Section[];
};
