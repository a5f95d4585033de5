import { useId, type InputHTMLAttributes, type ReactElement, type ReactNode, type SelectHTMLAttributes } from 'react';
import { Icon } from './icon.tsx';

export const inputClass =
  'h-8 w-full min-w-0 rounded-md border border-line bg-canvas px-2.5 text-sm text-ink placeholder:text-muted transition-colors hover:border-muted/50 focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-accent disabled:opacity-50 aria-invalid:border-bad';

export type FieldProps = {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly children: (ids: {
    readonly id: string;
    readonly describedBy: string;
    readonly isInvalid: boolean;
  }) => ReactNode;
};

/** A control with its label, a hint and an error message. */
export function Field({ label, hint, error, children }: FieldProps): ReactElement {
  const id = useId();
  const describedBy = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className="text-xs font-medium">
        {label}
      </label>
      {children({ id, describedBy, isInvalid: error !== undefined })}
      <div id={describedBy} className="text-xs">
        {error === undefined ? (
          hint !== undefined && <span className="text-muted">{hint}</span>
        ) : (
          <span className="flex items-start gap-1 text-bad">
            <Icon name="warning" className="mt-0.5 size-3" />
            {error}
          </span>
        )}
      </div>
    </div>
  );
}

type InputProps = Omit<FieldProps, 'children'> &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'id'> & { readonly isMono?: boolean };

export function Input({ label, hint, error, isMono = false, ...rest }: InputProps): ReactElement {
  return (
    <Field label={label} hint={hint} error={error}>
      {({ id, describedBy, isInvalid }) => (
        <input
          {...rest}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid}
          className={`${inputClass} ${isMono ? 'font-mono' : ''}`}
        />
      )}
    </Field>
  );
}

type SelectProps = Omit<FieldProps, 'children'> & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className' | 'id'>;

export function Select({ label, hint, error, children, ...rest }: SelectProps): ReactElement {
  return (
    <Field label={label} hint={hint} error={error}>
      {({ id, describedBy, isInvalid }) => (
        <div className="relative">
          <select
            {...rest}
            id={id}
            aria-describedby={describedBy}
            aria-invalid={isInvalid}
            className={`${inputClass} appearance-none truncate pr-8`}
          >
            {children}
          </select>
          <Icon name="chevronDown" className="pointer-events-none absolute top-2.5 right-2.5 size-3.5 text-muted" />
        </div>
      )}
    </Field>
  );
}
