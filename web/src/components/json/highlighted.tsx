import { memo, type ReactElement } from 'react';
import { jsonTokens, type JsonTokenKind } from './json-tokens.ts';

const classes: Readonly<Record<JsonTokenKind, string | undefined>> = {
  key: 'text-info',
  text: 'text-ok',
  number: 'text-chart-4',
  word: 'text-warn',
  mark: 'text-muted',
  space: undefined,
  bad: 'text-bad',
};
const longestHighlighted = 60_000;

/** JSON in colours; very long text stays plain, so that typing stays fast. */
export const Highlighted = memo(function Highlighted({ text }: { readonly text: string }): ReactElement {
  if (text.length > longestHighlighted) return <>{text}</>;
  return (
    <>
      {jsonTokens(text).map((token, index) =>
        token.kind === 'space' ? (
          token.text
        ) : (
          <span key={index} className={classes[token.kind]}>
            {token.text}
          </span>
        ),
      )}
    </>
  );
});
