import type { SearchItem } from '@artenic/core';
import { shownPartOf } from '../../core/jobs/id-part.ts';
import { wordsOf } from '../../core/jobs/words.ts';
import { ranked } from '../../core/search/rank.ts';
import type {
  FoundDataset,
  FoundJob,
  FoundModel,
  FoundProvider,
  FoundVersion,
  SearchQuery,
  Store,
} from '../../store/types.ts';

/** Most models, versions, datasets, services and providers each: a list of 20 also has room for jobs. */
const mostOfKind = 5;

function jobItem({ id, name, service, state }: FoundJob): SearchItem {
  return { kind: 'job', id, title: name, subtitle: `${service} · ${id.slice(-8)}`, state };
}

/** `penguins 3`, `penguins v3` and `penguins:3` name a version. */
const versionPattern = /^(.{1,90}?)[\s:/@]{1,5}v?(\d{1,9})$/i;

function versionNamed(text: string): SearchQuery['version'] {
  const [, modelText, number] = versionPattern.exec(text) ?? [];
  return modelText === undefined ? null : { modelText, number: Number(number) };
}

function versionItem({ model, version, stage }: FoundVersion): SearchItem {
  const title = `${model} v${version}`;
  return { kind: 'version', id: `${model}/${version}`, title, subtitle: model, state: stage };
}

function modelItem({ name, latestVersion, productionVersion }: FoundModel): SearchItem {
  return {
    kind: 'model',
    id: name,
    title: name,
    subtitle: productionVersion === null ? `latest v${latestVersion}` : `v${productionVersion} in production`,
    state: productionVersion === null ? null : 'production',
  };
}

function datasetItem({ name, status, version }: FoundDataset): SearchItem {
  const subtitle = version === 0 ? 'no version yet' : `latest v${version}`;
  return { kind: 'dataset', id: name, title: name, subtitle, state: status };
}

function serviceItem(name: string): SearchItem {
  return { kind: 'service', id: name, title: name, subtitle: 'Service', state: null };
}

function fits({ name }: FoundProvider, words: readonly string[]): boolean {
  const own = wordsOf(name);
  return words.length > 0 && words.every((word) => own.some((one) => one.startsWith(word)));
}

function providerItem({ name, usable, message }: FoundProvider): SearchItem {
  return {
    kind: 'provider',
    id: name,
    title: name,
    subtitle: message === '' ? 'Provider' : message,
    state: usable ? 'usable' : 'unusable',
  };
}

type Search = { readonly projectId: string; readonly text: string; readonly limit: number };

/** Objects of the project, and providers, that fit a text; the nearest first. */
export async function searchObjects(
  { search }: Pick<Store, 'search'>,
  { projectId, text: given, limit }: Search,
): Promise<readonly SearchItem[]> {
  const text = given.trim();
  const words = wordsOf(text);
  const found = await search.find({
    ...{ projectId, text, shownId: shownPartOf(text), version: versionNamed(text) },
    ...{ jobs: limit, others: mostOfKind },
  });
  const providers = found.providers.filter((provider) => fits(provider, words)).slice(0, mostOfKind);
  const items = [
    ...found.services.map(serviceItem),
    ...found.models.map(modelItem),
    ...found.versions.map(versionItem),
    ...found.datasets.map(datasetItem),
    ...providers.map(providerItem),
    ...found.jobs.map(jobItem),
  ];
  return ranked(items, text, limit);
}
