import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { lexer, type Token, type Tokens } from 'marked';
import type { Block, Cell, Inline, Section, Topic } from '../src/features/help/blocks.ts';

export type DocPage = Topic & { readonly file: string; readonly blocks: readonly Block[] };

/** Pages outside of the folder `docs`, which pages inside refer to. */
const otherFiles = ['ARCHITECTURE.md', 'RELIABILITY.md', 'CONTRIBUTING.md'];

/** Address of a file below `/help/`; null for files that are no pages. */
export function pathOfFile(root: string, file: string): string | null {
  const name = relative(root, file).split(sep).join('/');
  if (otherFiles.includes(name)) return `project/${name.replace('.md', '').toLowerCase()}`;
  const inDocs = /^docs\/(.+)\.md$/.exec(name)?.[1];
  if (inDocs === undefined || !existsSync(file)) return null;
  return inDocs === 'README' ? 'contents' : inDocs.replace(/\/README$/, '');
}

function filesOf(root: string): readonly string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.endsWith('000-template.md'))
    .sort()
    .map((name) => join(root, 'docs', name));
  return [...docs, ...otherFiles.map((name) => join(root, name))];
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', '&'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);
const plain = (text: string): string => text.replaceAll(/&(?:lt|gt|amp|quot|#39);/g, (one) => entities.get(one) ?? one);

function textOf(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      if (part.kind === 'code') return part.text;
      return part.kind === 'break' ? ' ' : part.kind === 'image' ? part.alt : textOf(part.parts);
    })
    .join('');
}

/** The ids that GitHub gives headings, so that links work in both places. */
function slugs(): (text: string) => string {
  const seen = new Map<string, number>();
  return (text) => {
    const base = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return count === 0 ? base : `${base}-${count}`;
  };
}

/** Width and height from a PNG's header, so that the page keeps its place. */
function sizeOf(file: string): { readonly width: number; readonly height: number } {
  const header = readFileSync(file);
  return { width: header.readUInt32BE(16), height: header.readUInt32BE(20) };
}

class Reader {
  readonly #root: string;
  readonly #file: string;
  readonly #slug = slugs();

  constructor(root: string, file: string) {
    this.#root = root;
    this.#file = file;
  }

  /** Null for a file of the repository that is not a page. */
  #hrefOf(href: string): string | null {
    if (/^https?:\/\//.test(href)) return href;
    const [name = '', anchor] = href.split('#');
    const target = name === '' ? this.#file : resolve(dirname(this.#file), decodeURIComponent(name));
    const path = pathOfFile(this.#root, target);
    return path === null ? null : `/help/${path}${anchor === undefined ? '' : `#${anchor}`}`;
  }

  #link({ href, tokens }: Tokens.Link): readonly Inline[] {
    const parts = this.inline(tokens);
    const target = this.#hrefOf(href);
    return target === null ? parts : [{ kind: 'link', href: target, parts }];
  }

  inline(tokens: readonly Token[]): readonly Inline[] {
    return tokens.flatMap((token): readonly Inline[] => {
      const one = token as Tokens.Generic;
      switch (one.type) {
        case 'codespan':
          return [{ kind: 'code', text: plain(String(one['text'])) }];
        case 'strong':
        case 'em':
          return [{ kind: one.type, parts: this.inline(one.tokens ?? []) }];
        case 'link':
          return this.#link(token as Tokens.Link);
        case 'image': {
          const src = resolve(dirname(this.#file), String(one['href']));
          return [{ kind: 'image', src, alt: plain(String(one['text'])), ...sizeOf(src) }];
        }
        case 'br':
          return [{ kind: 'break' }];
        case 'html':
          return [];
        default:
          if (one.tokens !== undefined) return this.inline(one.tokens);
          return [plain(String(one['text'] ?? '')).replaceAll('\n', ' ')];
      }
    });
  }

  #cell = (cell: Tokens.TableCell): Cell => ({ parts: this.inline(cell.tokens), isRight: cell.align === 'right' });

  blocks(tokens: readonly Token[]): readonly Block[] {
    return tokens.flatMap((token): readonly Block[] => {
      const one = token as Tokens.Generic;
      switch (one.type) {
        case 'space':
        case 'html':
        case 'def':
          return [];
        case 'hr':
          return [{ kind: 'rule' }];
        case 'heading': {
          const parts = this.inline(one.tokens ?? []);
          return [{ kind: 'heading', depth: Number(one['depth']), id: this.#slug(textOf(parts)), parts }];
        }
        case 'code':
          return [{ kind: 'code', text: String(one['text']) }];
        case 'blockquote':
          return [{ kind: 'quote', blocks: this.blocks(one.tokens ?? []) }];
        case 'list': {
          const { ordered, items } = token as Tokens.List;
          return [{ kind: 'list', isOrdered: ordered, items: items.map((item) => this.blocks(item.tokens)) }];
        }
        case 'table': {
          const { header, rows } = token as Tokens.Table;
          return [{ kind: 'table', head: header.map(this.#cell), rows: rows.map((row) => row.map(this.#cell)) }];
        }
        default:
          return [{ kind: 'paragraph', parts: this.inline(one.tokens ?? [token]) }];
      }
    });
  }
}

function pageOf(root: string, file: string): DocPage {
  const reader = new Reader(root, file);
  const blocks = reader.blocks(lexer(readFileSync(file, 'utf8')));
  const headings = blocks.flatMap((block) => (block.kind === 'heading' ? [block] : []));
  const [first] = headings;
  const sections: readonly Section[] = headings
    .filter(({ depth }) => depth === 2 || depth === 3)
    .map(({ id, parts }) => ({ id, title: textOf(parts) }));
  return {
    ...{ file, sections },
    path: pathOfFile(root, file) ?? '',
    title: first === undefined ? relative(root, file) : textOf(first.parts),
    blocks: blocks.filter((block) => block !== first),
  };
}

/** Every page of the documentation. */
export function readDocs(root: string): readonly DocPage[] {
  return filesOf(root).map((file) => pageOf(root, file));
}
