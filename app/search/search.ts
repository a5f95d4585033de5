import type { SearchItem } from '@artenic/core';
import { shownPartOf } from '../../core/jobs/id-part.ts';
import { wordsOf } from '../../core/jobs/words.ts';
import { ranked } from '../../core/search/rank.ts';
import type { JobCandidate } from '../../core/errors.ts';
import type { ProviderRecord, Store } from '../../store/types.ts';

/** Most models, versions, services and providers each: a list of 20 has room for jobs, too. */
const mostOfKind = 5;

type Search = { readonly projectId: string; readonly text: string; readonly limit: number };
type Searched = Pick<Store, 'search' | 'providers'>;

function jobItem({ id, name, service, state }: JobCandidate): SearchItem {
  return { kind: 'job', id, title: name, subtitle: `${service} · ${id.slice(-8)}`, state };
}

async function jobItems({ search }: Searched, query: Search): Promise<readonly SearchItem[]> {
  const { text } = query;
  const digits = shownPartOf(text);
  const [found, named, shown] = await Promise.all([
    search.jobsByWords(query),
    search.jobsByName({ ...query, text: text.trim() }),
    digits === null ? [] : search.jobsByShownId({ ...query, text: digits }),
  ]);
  return [...found, ...named, ...shown].map(jobItem);
}

/** `penguins 3`, `penguins v3` and `penguins:3` name a version. */
const versionPattern = /^(.{1,90}?)[\s:/@]{1,5}v?(\d{1,9})$/i;

async function versionItems({ search }: Searched, { projectId, text }: Search): Promise<readonly SearchItem[]> {
  const [, model, number] = versionPattern.exec(text.trim()) ?? [];
  if (model === undefined) return [];
  const models = await search.models({ projectId, text: model, limit: mostOfKind });
  const found = await search.versions(
    projectId,
    models.map(({ name }) => name),
    Number(number),
  );
  return found.map(({ model: name, version, stage }) => ({
    ...{ kind: 'version', id: `${name}/${version}`, title: `${name} v${version}`, subtitle: name, state: stage },
  }));
}

async function modelItems({ search }: Searched, query: Search): Promise<readonly SearchItem[]> {
  const models = await search.models({ ...query, limit: mostOfKind });
  return models.map(({ name, latestVersion, productionVersion }) => ({
    kind: 'model',
    id: name,
    title: name,
    subtitle: productionVersion === null ? `latest v${latestVersion}` : `v${productionVersion} in production`,
    state: productionVersion === null ? null : 'production',
  }));
}

async function serviceItems({ search }: Searched, query: Search): Promise<readonly SearchItem[]> {
  const services = await search.services({ ...query, limit: mostOfKind });
  return services.map((name) => ({ kind: 'service', id: name, title: name, subtitle: 'Service', state: null }));
}

function fits({ name }: ProviderRecord, words: readonly string[]): boolean {
  const own = wordsOf(name);
  return words.length > 0 && words.every((word) => own.some((one) => one.startsWith(word)));
}

async function providerItems({ providers }: Searched, { text }: Search): Promise<readonly SearchItem[]> {
  const words = wordsOf(text);
  const found = (await providers.list()).filter((provider) => fits(provider, words)).slice(0, mostOfKind);
  return found.map(({ name, usable, message }) => ({
    kind: 'provider',
    id: name,
    title: name,
    subtitle: message === '' ? 'Provider' : message,
    state: usable ? 'usable' : 'unusable',
  }));
}

/** Objects of the project, and providers, that fit a text; the nearest first. */
export async function searchObjects(store: Searched, query: Search): Promise<readonly SearchItem[]> {
  const kinds = [serviceItems, modelItems, versionItems, providerItems, jobItems];
  const found = await Promise.all(kinds.map((items) => items(store, query)));
  return ranked(found.flat(), query.text, query.limit);
}
