import { datasetStates, jobStates, modelStages, type PlatformView, type SearchItem } from '@artenic/core';
import type { useRouter } from '@tanstack/react-router';
import type { IconName } from '../../components/icon.tsx';
import { pageActions } from '../../lib/page-actions.ts';
import { recentVisits, type Visit } from '../../lib/recent.ts';
import { datasetStatus, jobStatus, stageStatus } from '../../lib/status.ts';
import { setTheme, type Theme } from '../../lib/theme.ts';
import { navigation } from '../navigation.ts';

/** A line of the palette. */
export type Entry = {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** Kind, state or keys, at the end of the line. */
  readonly note: string;
  readonly icon: IconName;
  readonly run: () => void;
};
export type Group = { readonly value: string; readonly items: readonly Entry[] };

type Router = Pick<ReturnType<typeof useRouter>, 'navigate'>;

const objectIcons: Readonly<Record<SearchItem['kind'], IconName>> = {
  job: 'training',
  model: 'models',
  version: 'box',
  dataset: 'data',
  service: 'search',
  provider: 'providers',
};
const objectNotes: Readonly<Record<SearchItem['kind'], string>> = {
  job: 'Job',
  model: 'Model',
  version: 'Version',
  dataset: 'Dataset',
  service: 'Jobs of a service',
  provider: 'Provider',
};

function open({ navigate }: Router, { kind, id }: Pick<SearchItem, 'kind' | 'id'>): void {
  switch (kind) {
    case 'job':
      return void navigate({ to: '/jobs/$jobId', params: { jobId: id } });
    case 'model':
      return void navigate({ to: '/models/$name', params: { name: id }, search: {} });
    case 'version': {
      const at = id.lastIndexOf('/');
      const version = Number(id.slice(at + 1));
      return void navigate({ to: '/models/$name', params: { name: id.slice(0, at) }, search: { version } });
    }
    case 'dataset':
      return void navigate({ to: '/datasets/$name', params: { name: id }, search: {} });
    case 'service':
      return void navigate({ to: '/jobs', search: { service: id } });
    case 'provider':
      return void navigate({ to: '/providers', hash: id });
  }
}

function stateWords(state: string | null): string | null {
  const job = jobStates.find((one) => one === state);
  if (job !== undefined) return jobStatus[job].label;
  const dataset = datasetStates.find((one) => one === state);
  if (dataset !== undefined) return datasetStatus[dataset].label;
  const stage = modelStages.find((one) => one === state);
  return stage === undefined ? null : stageStatus[stage].label;
}

/** Line of an object that the API has found. */
export function entryOf(router: Router, item: SearchItem): Entry {
  const { kind, id, title, subtitle, state } = item;
  const words = stateWords(state);
  return {
    ...{ id: `${kind} ${id}`, title, subtitle, icon: objectIcons[kind] },
    note: words === null ? objectNotes[kind] : `${objectNotes[kind]} · ${words}`,
    run: () => open(router, item),
  };
}

function entryOfVisit(router: Router, visit: Visit): Entry {
  const { kind, id, title, subtitle } = visit;
  return {
    ...{ id: `recent ${kind} ${id}`, title, subtitle, icon: objectIcons[kind], note: objectNotes[kind] },
    run: () => open(router, visit),
  };
}

const themeTitles: Readonly<Record<Theme, readonly [title: string, icon: IconName]>> = {
  light: ['Light theme', 'sun'],
  dark: ['Dark theme', 'moon'],
  system: ['Theme of the system', 'screen'],
};

type Place = { readonly router: Router; readonly platform: PlatformView | undefined; readonly onShortcuts: () => void };

function pages({ router }: Place): readonly Entry[] {
  const lists = [
    ['Active jobs', 'active'],
    ['Failed jobs', 'failed'],
  ] as const;
  return [
    ...navigation.map(({ to, label, icon, keys }) => ({
      ...{ id: to, title: label, subtitle: '', note: keys, icon },
      run: () => void router.navigate({ to, search: {} }),
    })),
    ...lists.map(([title, show]) => ({
      ...{ id: title, title, subtitle: '', note: '', icon: 'training' as const },
      run: () => void router.navigate({ to: '/jobs', search: { show } }),
    })),
  ];
}

function outside(title: string, icon: IconName, href: string): Entry {
  const run = (): void => void window.open(href, '_blank', 'noreferrer');
  return { id: href, title, subtitle: '', note: 'New tab', icon, run };
}

function actions({ router, platform, onShortcuts }: Place): readonly Entry[] {
  const temporal = platform?.temporalUi ?? null;
  const plain = (title: string, icon: IconName, note: string, run: () => void): Entry => ({
    ...{ id: title, title, subtitle: '', note, icon, run },
  });
  return [
    plain('Dispatch a job', 'plus', 'n', () => void router.navigate({ to: '/jobs/new' })),
    ...(['light', 'dark', 'system'] as const).map((theme) => {
      const [title, icon] = themeTitles[theme];
      return plain(title, icon, '', () => setTheme(theme));
    }),
    plain('Keyboard shortcuts', 'keyboard', '?', onShortcuts),
    outside('API reference', 'book', '/docs'),
    ...(temporal === null ? [] : [outside('Temporal UI', 'branch', temporal)]),
  ];
}

const thisPage = (): readonly Entry[] =>
  pageActions().map(({ title, icon, run }) => ({ id: `page ${title}`, title, subtitle: '', note: '', icon, run }));

/** Lines of the palette before anything is typed. */
export function firstGroups(place: Place): readonly Group[] {
  const recent = recentVisits().map((visit) => entryOfVisit(place.router, visit));
  return [
    { value: 'This page', items: thisPage() },
    { value: 'Recent', items: recent },
    { value: 'Go to', items: pages(place) },
    { value: 'Actions', items: actions(place) },
  ].filter(({ items }) => items.length > 0);
}

/** Pages and actions with words that begin like the words of the text, in any order. */
export function matchingEntries(place: Place, text: string): readonly Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...thisPage(), ...pages(place), ...actions(place)].filter(({ title }) => {
    const own = title.toLowerCase().split(/\s+/);
    return words.length > 0 && words.every((word) => own.some((one) => one.startsWith(word)));
  });
}
