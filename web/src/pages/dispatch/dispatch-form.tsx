import type { TextIssue } from '@artenic/core';
import { useState, type ReactElement } from 'react';
import { LazyCodeEditor } from '../../components/lazy-code-editor.tsx';
import { configText, readConfig } from '../../features/dispatch/config-text.ts';
import { valueAt, type Draft } from '../../features/dispatch/draft-text.ts';
import type { Folder } from '../../features/dispatch/dropped.ts';
import { allFields, basics, groups, type FieldGroup, type FormField } from '../../features/dispatch/form-fields.ts';
import type { Holdings } from '../../features/dispatch/materials.ts';
import { CodePart } from './code-part.tsx';
import { DataPart, dataItems, writtenItems } from './data-part.tsx';
import { FieldControl } from './field-control.tsx';

export type DispatchFormProps = {
  readonly draft: Draft;
  readonly faults: readonly TextIssue[];
  readonly holdings: Holdings;
  readonly providers: readonly string[];
  /** The configuration as it is written; null shows the one of the draft. */
  readonly config: string | null;
  readonly onConfig: (text: string) => void;
  readonly onValue: (path: readonly string[], value: unknown) => void;
  readonly onFolder: (folder: Folder) => void;
  readonly onFiles: (files: readonly File[]) => void;
};

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?!…]$/.test(text) ? '' : '.'}`;
}

/** The first fault at a field or below it, as a sentence. */
function errorAt({ draft, faults }: Pick<DispatchFormProps, 'draft' | 'faults'>, path: string): string | undefined {
  const found = faults.find(({ pointer }) => pointer === `/${path}` || pointer.startsWith(`/${path}/`));
  if (found === undefined) return undefined;
  const { missing } = allFields.find((field) => field.path === path) ?? {};
  return missing !== undefined && isEmpty(valueAt(draft, path.split('/'))) ? missing : sentence(found.message);
}

function Fields({ fields, ...props }: DispatchFormProps & { readonly fields: readonly FormField[] }): ReactElement {
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
      {fields.map((field) => {
        const path = field.path.split('/');
        return (
          <div key={field.path} className={field.isWide === true ? 'min-w-0 sm:col-span-2' : 'min-w-0'}>
            <FieldControl
              field={field}
              value={valueAt(props.draft, path)}
              error={errorAt(props, field.path)}
              providers={props.providers}
              onValue={(value) => props.onValue(path, value)}
            />
          </div>
        );
      })}
    </div>
  );
}

/** A group that is closed until it is needed: opened by the user, or by a fault inside. */
function Group({ group, ...props }: DispatchFormProps & { readonly group: FieldGroup }): ReactElement {
  const set = group.fields.filter(({ path }) => !isEmpty(valueAt(props.draft, path.split('/')))).length;
  const [isOpen, setOpen] = useState(group.title === 'Machine');
  const hasFault = group.fields.some(({ path }) => errorAt(props, path) !== undefined);
  return (
    <details
      open={isOpen || hasFault}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group border-t border-line"
    >
      <summary className="flex min-h-10 cursor-pointer items-center gap-2 text-sm font-semibold">
        {group.title}
        {set > 0 && <span className="text-xs font-normal text-muted tabular-nums">{set} set</span>}
      </summary>
      <div className="pt-1 pb-4">
        <Fields {...props} fields={group.fields} />
      </div>
    </details>
  );
}

function ConfigPart({ draft, config, onConfig, faults }: DispatchFormProps): ReactElement {
  const text = config ?? configText(draft['config']);
  const read = readConfig(text);
  const fault = read.isValid ? faults.find(({ pointer }) => pointer.startsWith('/config')) : read.fault;
  return (
    <section aria-label="Config" className="flex flex-col gap-1.5">
      <span className="text-xs font-medium">Config</span>
      <div
        className={`h-36 resize-y overflow-hidden rounded-md border focus-within:outline-2 focus-within:outline-accent ${fault === undefined ? 'border-line' : 'border-bad'}`}
      >
        <LazyCodeEditor label="Config" value={text} onChange={onConfig} faults={read.isValid ? [] : [read.fault]} />
      </div>
      <p className={`text-xs ${fault === undefined ? 'text-muted' : 'text-bad'}`}>
        {fault === undefined
          ? 'YAML. Tab indents; Esc, then Tab, leaves the field.'
          : `${fault.line === undefined ? '' : `Line ${fault.line}: `}${sentence(fault.message)}`}
      </p>
    </section>
  );
}

/** Every field of the job file that is supported, grouped. */
export function DispatchForm(props: DispatchFormProps): ReactElement {
  const { draft, holdings, onValue, onFolder, onFiles } = props;
  return (
    <div className="grid grid-cols-1 gap-4">
      <Fields {...props} fields={basics} />
      <CodePart
        code={draft['package']}
        holdings={holdings}
        error={errorAt(props, 'package')}
        onFolder={onFolder}
        onRemove={() => onValue(['package'], undefined)}
      />
      <DataPart
        items={dataItems(draft['data'])}
        holdings={holdings}
        errorAt={(path) => errorAt(props, path)}
        onItems={(items) => onValue(['data'], items.length === 0 ? undefined : writtenItems(items))}
        onFiles={onFiles}
      />
      <ConfigPart {...props} />
      <div>
        {groups.map((group) => (
          <Group key={group.title} {...props} group={group} />
        ))}
      </div>
    </div>
  );
}
