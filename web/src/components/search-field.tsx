import { useEffect, useRef, useState, type ReactElement } from 'react';
import { inputClass } from './field.tsx';
import { Icon } from './icon.tsx';
import { Kbd } from './kbd.tsx';

const pauseMs = 200;

/** A filter that reports its value after a short pause in typing; `/` focuses it. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}): ReactElement {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  useEffect(() => {
    tell.current = onChange;
  });
  // Browser back and forward change the value from outside.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return undefined;
    const timer = window.setTimeout(() => {
      told.current = text;
      tell.current(text);
    }, pauseMs);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <div className="relative">
      <Icon name="search" className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
      <input
        data-filter
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={63}
        onChange={(event) => setText(event.target.value.trim())}
        className={`${inputClass} pr-9 pl-8`}
      />
      {text === '' && (
        <span aria-hidden="true" className="pointer-events-none absolute top-1.5 right-2">
          <Kbd keys="/" />
        </span>
      )}
    </div>
  );
}
