import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';

/** Name and version of a model, as a link to that version. */
export function ModelVersionLink(props: {
  readonly of: { readonly model: string; readonly version: number };
}): ReactElement {
  const { model, version } = props.of;
  return (
    <Link
      to="/models/$name"
      params={{ name: model }}
      search={{ version }}
      className="font-medium text-accent hover:underline"
    >
      {model} <span className="tabular-nums">v{version}</span>
    </Link>
  );
}
