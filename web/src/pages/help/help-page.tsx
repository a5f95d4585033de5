import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, type ReactElement } from 'react';
import { pages, topics } from 'virtual:docs';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { EmptyState } from '../../components/states.tsx';
import type { Block, Section } from '../../features/help/blocks.ts';
import { DocBlocks } from '../../features/help/doc-blocks.tsx';
import { searchTopics } from '../../features/help/topic-search.ts';
import { startTour } from '../../features/tour/tour-state.ts';

/** The page that lists all others. */
const contentsPath = 'contents';

function usePage(path: string) {
  return useQuery({
    queryKey: ['help', path],
    queryFn: async (): Promise<readonly Block[] | null> => {
      const load = pages.get(path);
      return load === undefined ? null : (await load()).blocks;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function Results({ query }: { readonly query: string }): ReactElement {
  const found = searchTopics(topics, query);
  if (found.length === 0)
    return (
      <EmptyState icon="search" title={`No title contains “${query}”`}>
        Try another word, or clear the search to see all pages.
      </EmptyState>
    );
  return (
    <ul aria-label="Found" className="divide-y divide-line">
      {found.map(({ path, title, section }) => (
        <li key={`${path}#${section?.id ?? ''}`}>
          <Link
            to="/help/$"
            params={{ _splat: path }}
            {...(section === null ? {} : { hash: section.id })}
            className="flex min-h-10 flex-wrap items-center gap-x-2 px-4 py-2 text-sm hover:bg-raised"
          >
            <span className={section === null ? 'font-medium' : 'text-muted'}>{title}</span>
            {section !== null && <span className="font-medium">{section.title}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Search over all titles, and the table of contents. */
export function HelpPage(): ReactElement {
  const { search = '' } = useSearch({ from: '/shell/help/' });
  const navigate = useNavigate();
  const query = usePage(contentsPath);
  return (
    <>
      <PageHeader
        title="Documentation"
        description="Part of this installation: readable without the internet."
        actions={
          <Button icon="play" onClick={startTour}>
            Take the tour
          </Button>
        }
      />
      <div className="mb-3 sm:w-80">
        <SearchField
          label="Search titles"
          value={search}
          onChange={(text) =>
            void navigate({ to: '/help', search: text === '' ? {} : { search: text }, replace: true })
          }
        />
      </div>
      <Card isFlush>
        {search === '' ? (
          <QueryPanel query={query} skeleton={<SkeletonRows rows={12} />}>
            {(blocks) => (
              <div className="max-w-3xl space-y-3 p-5 text-sm">
                <DocBlocks blocks={blocks ?? []} />
              </div>
            )}
          </QueryPanel>
        ) : (
          <Results query={search} />
        )}
      </Card>
    </>
  );
}

function Sections({ sections }: { readonly sections: readonly Section[] }): ReactElement | null {
  if (sections.length < 2) return null;
  return (
    <nav aria-label="On this page" className="hidden xl:block">
      <div className="sticky top-8 max-h-[calc(100dvh-4rem)] overflow-y-auto">
        <h2 className="mb-1.5 text-xs font-medium text-muted">On this page</h2>
        <ul className="space-y-0.5">
          {sections.map(({ id, title }) => (
            <li key={id}>
              <Link to="." hash={id} className="block rounded-sm py-1 text-sm text-muted hover:text-ink">
                {title}
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </nav>
  );
}

/** Goes to the section that the address names, once the page has its content. */
function useAnchor(isLoaded: boolean): void {
  const hash = useLocation({ select: (location) => location.hash });
  useEffect(() => {
    if (!isLoaded || hash === '') return;
    const heading = document.getElementById(hash);
    heading?.scrollIntoView();
    heading?.focus({ preventScroll: true });
  }, [isLoaded, hash]);
}

/** One page of the documentation. */
export function DocPage(): ReactElement {
  const { _splat: path = '' } = useParams({ from: '/shell/help/$' });
  const topic = topics.find((one) => one.path === path);
  const query = usePage(path);
  useAnchor(query.data !== undefined);
  const title = topic?.title ?? 'Page not found';
  return (
    <>
      <PageHeader
        title={title}
        documentTitle={`Documentation · ${title}`}
        crumbs={[{ label: 'Documentation', to: '/help' }, { label: title }]}
      />
      <div className="grid grid-cols-1 gap-8 xl:grid-cols-[minmax(0,1fr)_14rem]">
        <Card isFlush>
          <QueryPanel query={query} skeleton={<SkeletonRows rows={16} />}>
            {(blocks) =>
              blocks === null ? (
                <EmptyState icon="book" title="No such page in the documentation">
                  Look for it in the <Link to="/help">table of contents</Link>.
                </EmptyState>
              ) : (
                <article className="max-w-3xl space-y-3 p-5 text-sm leading-relaxed [overflow-wrap:anywhere]">
                  <DocBlocks blocks={blocks} />
                </article>
              )
            }
          </QueryPanel>
        </Card>
        <Sections sections={topic?.sections ?? []} />
      </div>
    </>
  );
}
