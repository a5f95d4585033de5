import { useId, type ReactElement } from 'react';
import type { ModelSignature } from '@artenic/core';
import {
  isIntegerType,
  isWrongCell,
  layoutOf,
  splitList,
  type FieldErrors,
  type FormValues,
  type InputSignature,
} from './form-values.ts';

export type SignatureFormProps = {
  readonly signature: ModelSignature;
  readonly values: FormValues;
  readonly onChange: (values: FormValues) => void;
  /** Errors by input. */
  readonly errors: FieldErrors;
  /** Allowed values of an input, where they are known. */
  readonly categories?: Readonly<Record<string, readonly string[]>>;
  readonly isDisabled?: boolean;
};

const fieldClass =
  'h-8 w-full min-w-0 rounded-md border border-line bg-canvas px-2 font-mono text-sm text-ink placeholder:text-muted focus-visible:outline-2 focus-visible:outline-accent disabled:opacity-50 aria-invalid:border-bad';

type CellProps = {
  readonly input: InputSignature;
  readonly value: string;
  readonly label: string;
  readonly options: readonly string[] | undefined;
  readonly isInvalid: boolean;
  readonly isDisabled: boolean;
  readonly describedBy: string;
  readonly onChange: (text: string) => void;
};

function Cell({ input, value, label, options, isInvalid, isDisabled, describedBy, onChange }: CellProps): ReactElement {
  const shared = {
    'aria-label': label,
    'aria-invalid': isInvalid,
    'aria-describedby': describedBy,
    disabled: isDisabled,
    value,
    className: fieldClass,
  };
  const choices = input.type === 'bool' ? ['false', 'true'] : options;
  if (choices !== undefined) {
    return (
      <select {...shared} onChange={(event) => onChange(event.target.value)}>
        {!choices.includes(value) && <option value={value}>{value === '' ? 'Choose' : value}</option>}
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  const mode = input.type === 'string' ? 'text' : isIntegerType(input.type) ? 'numeric' : 'decimal';
  return (
    <input
      {...shared}
      type="text"
      inputMode={mode}
      autoComplete="off"
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

type FieldProps = Pick<SignatureFormProps, 'categories'> & {
  readonly input: InputSignature;
  readonly texts: readonly string[];
  readonly error: string | undefined;
  readonly isDisabled: boolean;
  readonly onChange: (texts: readonly string[]) => void;
};

function listHint(input: InputSignature, text: string, count: number | null): string {
  const given = splitList(input.type, text)?.length ?? 0;
  const how = input.type === 'string' ? 'One per line, or a JSON list' : 'Between commas, or a JSON list';
  return count === null ? `${how}. ${given} given.` : `${how}. ${given} of ${count}.`;
}

function Field({ input, texts, error, categories, isDisabled, onChange }: FieldProps): ReactElement {
  const id = useId();
  const layout = layoutOf(input);
  const isInvalid = error !== undefined;
  // When every text is a valid value, the error applies to all cells.
  const hasWrongCell = layout.kind === 'cells' && texts.some((text) => isWrongCell(input, text));
  const describedBy = isInvalid ? `${id}-error` : `${id}-shape`;
  const set = (index: number, text: string): void =>
    onChange(texts.map((before, at) => (at === index ? text : before)));
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <legend className="mb-1.5 flex w-full items-baseline gap-2 text-sm">
        <span className="truncate font-medium text-ink">{input.name}</span>
        <span id={`${id}-shape`} className="ml-auto shrink-0 font-mono text-xs text-muted">
          {input.type} [{input.shape?.join(', ') ?? '…'}]
        </span>
      </legend>
      {layout.kind === 'cells' ? (
        <div
          className={layout.count > 1 ? 'grid gap-2 [grid-template-columns:repeat(auto-fill,minmax(6rem,1fr))]' : ''}
        >
          {texts.map((text, index) => (
            <div key={index} className="flex min-w-0 items-center gap-1.5">
              {layout.count > 1 && (
                <span aria-hidden="true" className="w-4 shrink-0 text-right font-mono text-xs text-muted">
                  {index}
                </span>
              )}
              <Cell
                input={input}
                value={text}
                label={layout.count > 1 ? `${input.name}, value ${index + 1}` : input.name}
                options={categories?.[input.name]}
                onChange={(next) => set(index, next)}
                isInvalid={isInvalid && (!hasWrongCell || isWrongCell(input, text))}
                {...{ isDisabled, describedBy }}
              />
            </div>
          ))}
        </div>
      ) : (
        <>
          <textarea
            aria-label={input.name}
            aria-invalid={isInvalid}
            aria-describedby={`${describedBy} ${id}-hint`}
            disabled={isDisabled}
            value={texts[0] ?? ''}
            rows={3}
            spellCheck={false}
            className={`${fieldClass} h-auto py-1.5 leading-5`}
            onChange={(event) => set(0, event.target.value)}
          />
          <p id={`${id}-hint`} className="text-xs text-muted tabular-nums">
            {listHint(input, texts[0] ?? '', layout.count)}
          </p>
        </>
      )}
      {isInvalid && (
        <p id={`${id}-error`} className="text-xs text-bad">
          {input.name} {error}
        </p>
      )}
    </fieldset>
  );
}

/** A field for each input in the model's signature. Place it inside a form; it has no button. */
export function SignatureForm({
  signature,
  values,
  onChange,
  errors,
  categories,
  isDisabled = false,
}: SignatureFormProps): ReactElement {
  return (
    <div className="flex flex-col gap-5">
      {signature.inputs.map((input) => (
        <Field
          key={input.name}
          input={input}
          texts={values[input.name] ?? ['']}
          error={errors[input.name]}
          isDisabled={isDisabled}
          onChange={(texts) => onChange({ ...values, [input.name]: texts })}
          {...(categories === undefined ? {} : { categories })}
        />
      ))}
    </div>
  );
}
