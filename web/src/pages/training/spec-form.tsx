import { formatSize } from '@artenic/core';
import { useId, type ReactElement } from 'react';
import { Field, Input, inputClass } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import type { JsonProblem } from '../../components/json/json-text.ts';
import { JsonEditor } from '../../components/json-editor.tsx';
import { DataFiles, type ChosenFiles } from './data-files.tsx';
import { PlacementFields } from './placement-fields.tsx';
import { fieldText, withField, type Draft } from './spec-draft.ts';

export type SpecFormProps = {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly configText: string;
  readonly onConfigText: (text: string) => void;
  readonly file: File | null;
  readonly onFile: (file: File | null) => void;
  readonly chosen: ChosenFiles;
  readonly onChosen: (chosen: ChosenFiles) => void;
  readonly problems: readonly JsonProblem[];
};

function PackageField({ draft, file, onFile }: Pick<SpecFormProps, 'draft' | 'file' | 'onFile'>): ReactElement {
  const id = useId();
  const sent = fieldText(draft, ['package', 'sha256']);
  const words =
    file !== null
      ? `${file.name} · ${formatSize(file.size)}`
      : sent === ''
        ? 'No code of its own: the command is enough'
        : `As before · ${sent.slice(0, 12)}…`;
  return (
    <div className="flex flex-col gap-1.5">
      <span className="text-xs font-medium">Code (tar.gz)</span>
      <div className="flex items-center gap-3 rounded-md border border-dashed border-line bg-canvas px-3 py-2 focus-within:outline-2 focus-within:outline-accent">
        <Icon name="box" className="size-4 text-muted" />
        <span className="min-w-0 flex-1 truncate text-sm text-muted">{words}</span>
        <label
          htmlFor={id}
          className="inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 text-xs font-medium hover:bg-raised"
        >
          <Icon name="upload" className="size-3.5" />
          Choose a file
        </label>
        <input
          id={id}
          type="file"
          accept=".gz,.tgz,application/gzip"
          className="sr-only"
          onChange={(event) => onFile(event.target.files?.[0] ?? null)}
        />
      </div>
    </div>
  );
}

/** The fields that most jobs need; the JSON editor has the rest. */
export function SpecForm(props: SpecFormProps): ReactElement {
  const { draft, onChange, configText, onConfigText, problems } = props;
  const errorAt = (pointer: string): string | undefined =>
    problems.find((problem) => problem.pointer === pointer || problem.pointer.startsWith(`${pointer}/`))?.message;
  const text = (path: readonly string[]) => ({
    value: fieldText(draft, path),
    error: errorAt(`/${path.join('/')}`),
    onChange: (event: { readonly target: { readonly value: string } }) =>
      onChange(
        withField(draft, path, event.target.value === '' && path[0] === 'model' ? undefined : event.target.value),
      ),
  });
  const number = (path: readonly string[]) => ({
    ...text(path),
    type: 'number',
    onChange: (event: { readonly target: { readonly value: string } }) =>
      onChange(withField(draft, path, event.target.value === '' ? undefined : Number(event.target.value))),
  });
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <Input
          label="Service"
          placeholder="penguins"
          autoComplete="off"
          {...text(['service'])}
          hint="What the model is for"
        />
        <Input
          label="Model"
          placeholder={fieldText(draft, ['service'])}
          autoComplete="off"
          {...text(['model'])}
          hint="Name in the registry; the service’s when empty"
        />
      </div>
      <Field label="Command" error={errorAt('/command')} hint="Run by sh -c in the folder of the code">
        {({ id, describedBy, isInvalid }) => (
          <textarea
            id={id}
            aria-describedby={describedBy}
            aria-invalid={isInvalid}
            rows={2}
            spellCheck={false}
            placeholder="python3 train.py"
            value={fieldText(draft, ['command'])}
            onChange={(event) => onChange(withField(draft, ['command'], event.target.value))}
            className={`${inputClass} h-auto py-1.5 font-mono`}
          />
        )}
      </Field>
      <PackageField {...props} />
      <DataFiles
        draft={draft}
        chosen={props.chosen}
        problems={problems}
        onChange={(items, chosen) => {
          props.onChosen(chosen);
          onChange(withField(draft, ['data'], items.length === 0 ? undefined : items));
        }}
      />
      <JsonEditor
        label="Config"
        rows={6}
        value={configText}
        onChange={onConfigText}
        problems={problems
          .filter(({ pointer }) => pointer.startsWith('/config'))
          .map((problem) => ({ ...problem, pointer: problem.pointer.slice('/config'.length) }))}
      />
      <PlacementFields draft={draft} onChange={onChange} errorAt={errorAt} />
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        <Input label="Cores" min={1} step={1} {...number(['resources', 'vcpu'])} />
        <Input label="Memory, GiB" min={0.125} step="any" placeholder="any" {...number(['resources', 'memoryGib'])} />
        <Input label="Most hours" min={0} step="any" {...number(['maxHours'])} />
      </div>
    </div>
  );
}
