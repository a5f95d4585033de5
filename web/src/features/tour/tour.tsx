import { Popover } from '@base-ui/react/popover';
import { jobViewSchema, pageSchema, registryItemSchema } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { callApi } from '../../lib/api.ts';
import { endTour, goToStep } from './tour-state.ts';
import { tourSteps, type TourObjects, type TourStep } from './tour-steps.ts';

/** A page that takes longer gets the step at its title. */
const patienceMs = 3000;

async function readObjects(signal: AbortSignal): Promise<TourObjects> {
  const jobs = (query: Readonly<Record<string, string | number>>) =>
    callApi('/api/v1/jobs', pageSchema(jobViewSchema), { signal, query: { limit: 1, ...query } });
  const [succeeded, newest, registry] = await Promise.all([
    jobs({ states: 'succeeded' }),
    jobs({}),
    callApi('/api/v1/registry', pageSchema(registryItemSchema), { signal, query: { limit: 50 } }),
  ]);
  const inProduction = registry.items.find(({ model }) => model.productionVersion !== null);
  return {
    job: succeeded.items[0] ?? newest.items[0] ?? null,
    model: inProduction ?? registry.items[0] ?? null,
  };
}

const titleSelector = 'main h1';

function targetOf(name: string): HTMLElement | null {
  const selector = name === 'title' ? titleSelector : `[data-tour="${name}"]`;
  return [...document.querySelectorAll<HTMLElement>(selector)].find((one) => one.checkVisibility()) ?? null;
}

/** The element that a step points at, as soon as its page shows it. It is scrolled to and marked. */
function useTarget({ path, target }: TourStep): HTMLElement | null {
  const pathname = useLocation({ select: (location) => location.pathname });
  const [element, setElement] = useState<HTMLElement | null>(null);
  const isThere = pathname === path;
  useEffect(() => {
    setElement(null);
    if (!isThere) return undefined;
    const sinceMs = performance.now();
    let frame = 0;
    const look = (): void => {
      const isLate = performance.now() - sinceMs > patienceMs;
      const found = targetOf(target) ?? (isLate ? document.querySelector<HTMLElement>(titleSelector) : null);
      if (found === null) frame = requestAnimationFrame(look);
      else setElement(found);
    };
    look();
    return () => cancelAnimationFrame(frame);
  }, [isThere, target]);
  useEffect(() => {
    if (element === null) return undefined;
    element.scrollIntoView({ block: 'center' });
    element.dataset['tourMarked'] = '';
    return () => {
      delete element.dataset['tourMarked'];
    };
  }, [element]);
  return element;
}

function Note({
  step,
  element,
  place,
  count,
  last,
  onEnd,
}: {
  readonly step: TourStep;
  readonly element: HTMLElement;
  readonly place: number;
  readonly count: number;
  readonly last: { readonly label: string; readonly go: () => void };
  readonly onEnd: () => void;
}): ReactElement {
  const next = useRef<HTMLButtonElement>(null);
  const isLast = place === count - 1;
  return (
    <Popover.Root open onOpenChange={(_open, { reason }) => (reason === 'escape-key' ? onEnd() : undefined)}>
      <Popover.Portal>
        <Popover.Positioner anchor={element} align="start" sideOffset={10} collisionPadding={12} className="z-50">
          <Popover.Popup
            initialFocus={next}
            finalFocus={() => document.querySelector<HTMLElement>(titleSelector)}
            className="w-[min(22rem,calc(100vw-1.5rem))] rounded-lg border border-line bg-surface text-ink shadow-pop outline-none"
          >
            <div className="flex items-start gap-2 pt-2.5 pr-2 pl-4">
              <Popover.Title className="min-w-0 flex-1 pt-1 text-sm font-semibold [overflow-wrap:anywhere]">
                {step.title}
              </Popover.Title>
              <IconButton icon="cross" label="Skip the tour" onClick={onEnd} />
            </div>
            <Popover.Description className="px-4 pb-3 text-sm text-pretty text-muted">{step.text}</Popover.Description>
            <div className="flex items-center gap-2 border-t border-line px-4 py-2.5">
              <span className="mr-auto text-xs text-muted tabular-nums">
                Step {place + 1} of {count}
              </span>
              {place > 0 && (
                <Button size="sm" onClick={() => goToStep(place - 1)}>
                  Back
                </Button>
              )}
              <Button ref={next} size="sm" kind="primary" onClick={isLast ? last.go : () => goToStep(place + 1)}>
                {isLast ? last.label : 'Next'}
              </Button>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Goes to the page of each step. A person who leaves it for another page has ended the tour. */
function usePageOf({ path }: TourStep, onLeave: () => void): void {
  const router = useRouter();
  const pathname = useLocation({ select: (location) => location.pathname });
  const arrivedAt = useRef<string | null>(null);
  useEffect(() => {
    if (pathname === path) arrivedAt.current = path;
    else if (arrivedAt.current === path) onLeave();
    else router.history.push(path);
  }, [path, pathname, router, onLeave]);
}

function Steps({
  steps,
  place,
  isEmpty,
  user,
}: {
  readonly steps: readonly TourStep[];
  readonly place: number;
  readonly isEmpty: boolean;
  readonly user: string;
}): ReactElement | null {
  const step = steps[place] ?? steps[0];
  if (step === undefined) throw new Error('the tour has no steps');
  const navigate = useNavigate();
  const end = useRef(() => endTour(user)).current;
  usePageOf(step, end);
  const element = useTarget(step);
  if (element === null) return null;
  const dispatch = (): void => {
    end();
    void navigate({ to: '/jobs/new', search: {} });
  };
  const last = isEmpty ? { label: 'Dispatch a job', go: dispatch } : { label: 'Finish', go: end };
  return <Note key={place} {...{ step, element, place, last }} count={steps.length} onEnd={end} />;
}

/** Five steps over the pages, on objects of this installation. */
export function Tour({ place, user }: { readonly place: number; readonly user: string }): ReactElement | null {
  const { data, isError } = useQuery({
    queryKey: ['tour'],
    queryFn: ({ signal }) => readObjects(signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const objects = data ?? (isError ? { job: null, model: null } : null);
  if (objects === null) return null;
  return <Steps steps={tourSteps(objects)} place={place} isEmpty={objects.job === null} user={user} />;
}
