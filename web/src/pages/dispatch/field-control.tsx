import { useState, type ReactElement } from 'react';
import { Field, Input, inputClass, Select } from '../../components/field.tsx';
import type { FormField } from '../../features/dispatch/form-fields.ts';
import { formatted, parsed } from '../../features/dispatch/field-text.ts';

type Props = {
  readonly field: FormField;
  readonly value: unknown;
  readonly error: string | undefined;
  readonly onValue: (value: unknown) => void;
  readonly providers: readonly string[];
};

/** The text as the user types it, as long as it means the value: `1.` stays `1.`, though it means 1. */
function useTyped(field: FormField, value: unknown): readonly [string, (text: string) => unknown] {
  const [typed, setTyped] = useState('');
  const isSame = JSON.stringify(parsed(field.kind, typed, value)) === JSON.stringify(value);
  return [
    isSame ? typed : formatted(field.kind, value),
    (text) => {
      setTyped(text);
      return parsed(field.kind, text, value);
    },
  ];
}

function Lines({ field, value, error, onValue }: Props): ReactElement {
  const [text, type] = useTyped(field, value);
  const hint = Array.isArray(value) ? 'A list: one argument a line, run as it is' : field.hint;
  return (
    <Field label={field.label} hint={hint} error={error}>
      {({ id, describedBy, isInvalid }) => (
        <textarea
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid}
          rows={Math.min(8, Math.max(2, text.split('\n').length))}
          spellCheck={false}
          placeholder={field.example}
          value={text}
          onChange={(event) => onValue(type(event.target.value))}
          className={`${inputClass} h-auto py-1.5 font-mono`}
        />
      )}
    </Field>
  );
}

function Providers({ field, value, error, onValue, providers }: Props): ReactElement {
  const chosen = Array.isArray(value) ? value.map(String) : ['local'];
  const names = [...new Set([...providers, ...chosen])];
  return (
    <fieldset
      className="flex min-w-0 flex-col gap-1.5"
      aria-describedby={error === undefined ? undefined : 'providers-error'}
    >
      <legend className="mb-1.5 text-xs font-medium">{field.label}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1.5">
        {names.map((name) => (
          <label key={name} className="inline-flex min-h-6 items-center gap-1.5 text-sm">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              aria-invalid={error !== undefined}
              checked={chosen.includes(name)}
              onChange={(event) =>
                onValue(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
              }
            />
            {name}
          </label>
        ))}
      </div>
      <p id="providers-error" className={`text-xs ${error === undefined ? 'text-muted' : 'text-bad'}`}>
        {error ?? field.hint}
      </p>
    </fieldset>
  );
}

function Line({ field, value, error, onValue }: Props): ReactElement {
  const [text, type] = useTyped(field, value);
  return (
    <Input
      label={field.label}
      hint={field.hint}
      error={error}
      placeholder={field.example}
      autoComplete="off"
      spellCheck={false}
      inputMode={field.kind === 'number' ? 'decimal' : undefined}
      value={text}
      onChange={(event) => onValue(type(event.target.value))}
    />
  );
}

/** The control of one field of the job file. An empty control takes the field out. */
export function FieldControl(props: Props): ReactElement {
  const { field, value, error, onValue } = props;
  switch (field.kind) {
    case 'command':
    case 'pairs':
      return <Lines {...props} />;
    case 'providers':
      return <Providers {...props} />;
    case 'choice':
      return (
        <Select
          label={field.label}
          hint={field.hint}
          error={error}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onValue(event.target.value === '' ? undefined : event.target.value)}
        >
          <option value="">Default: {field.choices?.[0]?.[1]}</option>
          {field.choices?.map(([choice, label]) => (
            <option key={choice} value={choice}>
              {label}
            </option>
          ))}
        </Select>
      );
    case 'line':
    case 'number':
    case 'words':
    case 'numbers':
      return <Line {...props} />;
    default:
      return field.kind satisfies never;
  }
}
