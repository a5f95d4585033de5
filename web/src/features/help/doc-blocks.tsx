import { Link } from '@tanstack/react-router';
import { Fragment, type ReactElement } from 'react';
import type { Block, Cell, Inline } from './blocks.ts';

const linkClass = 'font-medium text-accent underline underline-offset-2';

function DocLink({ href, parts }: { readonly href: string; readonly parts: readonly Inline[] }): ReactElement {
  if (!href.startsWith('/help/'))
    return (
      <a href={href} target="_blank" rel="noreferrer" className={linkClass}>
        <Inlines parts={parts} />
        <span className="sr-only"> (opens a new tab)</span>
      </a>
    );
  const [path = '', anchor] = href.slice('/help/'.length).split('#');
  return (
    <Link
      to="/help/$"
      params={{ _splat: path }}
      {...(anchor === undefined ? {} : { hash: anchor })}
      className={linkClass}
    >
      <Inlines parts={parts} />
    </Link>
  );
}

function InlineOf({ part }: { readonly part: Inline }): ReactElement {
  if (typeof part === 'string') return <>{part}</>;
  switch (part.kind) {
    case 'code':
      return <code className="rounded-sm bg-raised px-1 py-px font-mono text-[0.92em]">{part.text}</code>;
    case 'strong':
      return (
        <strong className="font-semibold">
          <Inlines parts={part.parts} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inlines parts={part.parts} />
        </em>
      );
    case 'link':
      return <DocLink href={part.href} parts={part.parts} />;
    case 'image': {
      const { src, alt, width, height } = part;
      return (
        <img
          {...{ src, alt, width, height }}
          loading="lazy"
          className="h-auto max-w-full rounded-md border border-line"
        />
      );
    }
    case 'break':
      return <br />;
  }
}

function Inlines({ parts }: { readonly parts: readonly Inline[] }): ReactElement {
  // The parts of a page never change their order.
  return (
    <>
      {parts.map((part, at) => (
        <InlineOf key={at} part={part} />
      ))}
    </>
  );
}

function DocTable({
  head,
  rows,
}: {
  readonly head: readonly Cell[];
  readonly rows: readonly (readonly Cell[])[];
}): ReactElement {
  const cellClass = (isRight: boolean): string => `px-2.5 py-1.5 align-top ${isRight ? 'text-right tabular-nums' : ''}`;
  return (
    <div role="group" aria-label="Table" tabIndex={0} className="overflow-x-auto rounded-md border border-line">
      <table className="w-full min-w-[30rem] border-collapse text-left text-sm">
        <thead className="border-b border-line text-xs text-muted">
          <tr>
            {head.map(({ parts, isRight }, at) => (
              <th key={at} scope="col" className={`${cellClass(isRight)} font-medium`}>
                <Inlines parts={parts} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map(({ parts, isRight }, place) => (
                <td key={place} className={cellClass(isRight)}>
                  <Inlines parts={parts} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading({ block }: { readonly block: Extract<Block, { readonly kind: 'heading' }> }): ReactElement {
  const Tag = block.depth <= 2 ? 'h2' : 'h3';
  return (
    <Tag
      id={block.id}
      tabIndex={-1}
      className={`scroll-mt-16 pt-3 font-semibold tracking-tight outline-none ${Tag === 'h2' ? 'text-lg' : 'text-base'}`}
    >
      <Inlines parts={block.parts} />
    </Tag>
  );
}

function BlockOf({ block }: { readonly block: Block }): ReactElement {
  switch (block.kind) {
    case 'heading':
      return <Heading block={block} />;
    case 'paragraph':
      return (
        <p className="text-pretty">
          <Inlines parts={block.parts} />
        </p>
      );
    case 'code':
      return (
        <pre
          tabIndex={0}
          className="overflow-x-auto rounded-md border border-line bg-canvas px-3.5 py-2.5 font-mono text-xs leading-relaxed"
        >
          <code>{block.text}</code>
        </pre>
      );
    case 'list': {
      const Tag = block.isOrdered ? 'ol' : 'ul';
      return (
        <Tag className={`space-y-1 pl-5 ${block.isOrdered ? 'list-decimal' : 'list-disc'}`}>
          {block.items.map((item, at) => (
            <li key={at} className="space-y-1">
              <DocBlocks blocks={item} />
            </li>
          ))}
        </Tag>
      );
    }
    case 'quote':
      return (
        <blockquote className="space-y-2 border-l-2 border-line pl-4 text-muted">
          <DocBlocks blocks={block.blocks} />
        </blockquote>
      );
    case 'table':
      return <DocTable head={block.head} rows={block.rows} />;
    case 'rule':
      return <hr className="border-line" />;
  }
}

/** A page of the documentation, made of elements. */
export function DocBlocks({ blocks }: { readonly blocks: readonly Block[] }): ReactElement {
  return (
    <>
      {blocks.map((block, at) => (
        <Fragment key={at}>
          <BlockOf block={block} />
        </Fragment>
      ))}
    </>
  );
}
