import { useState } from 'react';
import { readConfig } from '../../features/dispatch/config-text.ts';
import { readJobFile, withValue, type Reading } from '../../features/dispatch/draft-text.ts';
import { jobFileOf, type Dropped, type Folder } from '../../features/dispatch/dropped.ts';
import { noHoldings, type Holdings } from '../../features/dispatch/materials.ts';
import { toApiError } from '../../lib/api.ts';
import { dataItems, writtenItems, type DataItem } from './data-part.tsx';

export type JobDraft = {
  readonly text: string;
  readonly reading: Reading;
  readonly holdings: Holdings;
  /** The configuration as it is written in the form, while it differs from the text; null otherwise. */
  readonly config: string | null;
  /** A configuration that cannot be read stands in the form only. */
  readonly isConfigBroken: boolean;
  /** Effect of the last dropped or chosen files. */
  readonly note: { readonly text: string; readonly isBad: boolean } | null;
  readonly setText: (text: string) => void;
  readonly setValue: (path: readonly string[], value: unknown) => void;
  readonly setConfig: (text: string) => void;
  readonly take: (dropped: Dropped) => void;
};

const isJobFile = (file: File): boolean => /\.ya?ml$/i.test(file.name);

function withFiles(text: string, files: readonly File[]): string {
  const { draft } = readJobFile(text);
  if (draft === null || files.length === 0) return text;
  const items = dataItems(draft['data']);
  const isNamed = (name: string): boolean =>
    items.some(({ file }) => file === name || file?.endsWith(`/${name}`) === true);
  const added = files.filter(({ name }) => !isNamed(name)).map(({ name }): DataItem => ({ name, file: name }));
  return added.length === 0 ? text : withValue(text, ['data'], writtenItems([...items, ...added]));
}

async function withFolder(text: string, folder: Folder): Promise<{ text: string; base: string; note: string }> {
  const found = jobFileOf(folder);
  if (found === null) return { text: withValue(text, ['package'], '.'), base: '', note: `${folder.name} is the code.` };
  const base = found.path.includes('/') ? found.path.slice(0, found.path.lastIndexOf('/')) : '';
  return { text: await found.file.text(), base, note: `Filled from ${folder.name}/${found.path}.` };
}

/** The job file that is being written, as text, with the files that the browser holds for it. */
export function useJobDraft(initial: string): JobDraft {
  const [text, setText] = useState(initial);
  const [holdings, setHoldings] = useState<Holdings>(noHoldings);
  const [config, setConfig] = useState<string | null>(null);
  const [note, setNote] = useState<JobDraft['note']>(null);

  const take = async ({ folder, files }: Dropped): Promise<void> => {
    let next = text;
    let said = '';
    const place = { folder: holdings.folder, base: holdings.base };
    const jobFile = folder === null ? files.find(isJobFile) : undefined;
    if (folder !== null) {
      const filled = await withFolder(next, folder);
      [next, said] = [filled.text, filled.note];
      Object.assign(place, { folder, base: filled.base });
    } else if (jobFile !== undefined) [next, said] = [await jobFile.text(), `Filled from ${jobFile.name}.`];
    const data = files.filter((file) => file !== jobFile);
    setText(withFiles(next, data));
    setConfig(null);
    setHoldings({ ...place, files: new Map([...holdings.files, ...data.map((file) => [file.name, file] as const)]) });
    if (said !== '') setNote({ text: said, isBad: false });
  };
  const change = (path: readonly string[], value: unknown): void => setText((old) => withValue(old, path, value));
  return {
    ...{ text, holdings, config, note },
    reading: readJobFile(text),
    isConfigBroken: config !== null && !readConfig(config).isValid,
    setText: (next) => {
      setText(next);
      setConfig(null);
    },
    setValue: change,
    setConfig: (next) => {
      setConfig(next);
      const read = readConfig(next);
      if (read.isValid) change(['config'], read.value);
    },
    take: (dropped) =>
      void take(dropped).catch((error: unknown) => setNote({ text: toApiError(error).message, isBad: true })),
  };
}
