import { savedViewSchema, type SavedView } from '@artenic/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement, type ReactNode } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { inputClass } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Popover } from '../../components/popover.tsx';
import { callApi, callForStatus, toApiError } from '../../lib/api.ts';
import { keys, viewsQuery } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';
import { copyIcon, copyWords, useCopy } from '../../lib/use-copy.ts';
import { searchOfView, viewQueryOf, type JobsSearch } from './jobs-search.ts';

const page = 'jobs';
const path = '/api/v1/views';

/** The parts of the table that a view keeps. */
export type Shown = { readonly search: JobsSearch; readonly columns: readonly string[] };

const contentOf = ({ search, columns }: Shown) => ({ query: viewQueryOf(search), columns: [...columns] });

type Change =
  | { readonly kind: 'add'; readonly name: string; readonly key: string }
  | { readonly kind: 'rename'; readonly view: SavedView; readonly name: string }
  | { readonly kind: 'replace'; readonly view: SavedView }
  | { readonly kind: 'delete'; readonly view: SavedView };

function send(change: Change, shown: Shown): Promise<unknown> {
  switch (change.kind) {
    case 'add': {
      const json = { page, name: change.name, ...contentOf(shown) };
      return callApi(path, savedViewSchema, { method: 'POST', json, idempotencyKey: change.key });
    }
    case 'rename': {
      const { id, query, columns } = change.view;
      return callApi(`${path}/${id}`, savedViewSchema, {
        method: 'PUT',
        json: { page, name: change.name, query, columns },
      });
    }
    case 'replace': {
      const json = { page, name: change.view.name, ...contentOf(shown) };
      return callApi(`${path}/${change.view.id}`, savedViewSchema, { method: 'PUT', json });
    }
    case 'delete':
      return callForStatus(`${path}/${change.view.id}`, { method: 'DELETE' });
  }
}

function useChange(shown: Shown) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: Change) => send(change, shown),
    onSettled: () => client.invalidateQueries({ queryKey: keys.views }),
  });
}
type Changing = ReturnType<typeof useChange>;

function NameForm(props: {
  readonly label: string;
  readonly name: string;
  readonly button: string;
  readonly isBusy: boolean;
  readonly onSubmit: (name: string) => void;
}): ReactElement {
  const { label, button, isBusy, onSubmit } = props;
  const [name, setName] = useState(props.name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== '' && !isBusy) onSubmit(name.trim());
  };
  return (
    <form onSubmit={submit} className="flex items-center gap-2 px-2 py-1">
      <input
        aria-label={label}
        placeholder={label}
        value={name}
        maxLength={80}
        onChange={(event) => setName(event.target.value)}
        className={inputClass}
      />
      <Button size="sm" type="submit" isBusy={isBusy} disabled={name.trim() === ''}>
        {button}
      </Button>
    </form>
  );
}

type Step = 'rename' | 'replace' | 'delete';

/** Asks before a view is replaced or deleted. */
function Confirm(props: {
  readonly question: string;
  readonly button: string;
  readonly isBusy: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}): ReactElement {
  const { question, button, isBusy, onYes, onNo } = props;
  return (
    <div className="flex flex-wrap items-center gap-2 px-2 py-1.5 text-xs">
      <span className="flex-1">{question}</span>
      <Button size="sm" kind="ghost" onClick={onNo}>
        Keep
      </Button>
      <Button size="sm" kind="danger" isBusy={isBusy} onClick={onYes}>
        {button}
      </Button>
    </div>
  );
}

function View(props: {
  readonly view: SavedView;
  readonly isShown: boolean;
  readonly changing: Changing;
  readonly onApplied: () => void;
}): ReactElement {
  const { view, isShown, changing, onApplied } = props;
  const [step, setStep] = useState<Step | null>(null);
  const { copy, outcome } = useCopy();
  const router = useRouter();
  const back = { onSuccess: () => setStep(null) };
  const isBusy = changing.isPending;
  const steps: Readonly<Record<Step, ReactNode>> = {
    rename: (
      <NameForm
        {...{ label: `New name of ${view.name}`, name: view.name, button: 'Rename', isBusy }}
        onSubmit={(name) => changing.mutate({ kind: 'rename', view, name }, back)}
      />
    ),
    replace: (
      <Confirm
        {...{ question: 'Replace its filters, order and columns with those shown?', button: 'Replace', isBusy }}
        onYes={() => changing.mutate({ kind: 'replace', view }, back)}
        onNo={() => setStep(null)}
      />
    ),
    delete: (
      <Confirm
        {...{ question: `Delete the view “${view.name}”?`, button: 'Delete', isBusy }}
        onYes={() => changing.mutate({ kind: 'delete', view })}
        onNo={() => setStep(null)}
      />
    ),
  };
  const toggle = (next: Step) => () => setStep(step === next ? null : next);
  return (
    <li>
      <div className="flex items-center rounded-sm pl-2 hover:bg-raised">
        <Link
          to="/jobs"
          search={searchOfView(view)}
          onClick={onApplied}
          className="flex min-h-8 min-w-0 flex-1 items-center gap-2 font-medium"
        >
          <span className="truncate">{view.name}</span>
          {isShown && (
            <>
              <Icon name="check" className="size-3.5 text-ok" />
              <span className="sr-only">(shown)</span>
            </>
          )}
        </Link>
        <IconButton
          label={copyWords(outcome, `Copy the link of ${view.name}`)}
          icon={copyIcon[outcome]}
          onClick={() => {
            const { href } = router.buildLocation({ to: '/jobs', search: searchOfView(view) });
            copy(new URL(href, window.location.href).href);
          }}
        />
        <IconButton label={`Rename ${view.name}`} icon="pencil" onClick={toggle('rename')} />
        <IconButton label={`Replace ${view.name}`} icon="recover" onClick={toggle('replace')} />
        <IconButton label={`Delete ${view.name}`} icon="trash" onClick={toggle('delete')} />
      </div>
      {step !== null && steps[step]}
    </li>
  );
}

/** Saved views of the table: shows one, saves what is shown, renames, replaces and deletes. */
export function ViewsMenu({ shown }: { readonly shown: Shown }): ReactElement {
  const { data, error } = useQuery(viewsQuery(page));
  const changing = useChange(shown);
  const content = contentOf(shown);
  const isShown = ({ query, columns }: SavedView): boolean =>
    query === content.query && columns.join() === content.columns.join();
  const failure = changing.error ?? error;
  return (
    <Popover label="Views" icon="bookmark" title="Saved views">
      {(close) => (
        <>
          {data?.length === 0 && (
            <p className="px-2 pb-2 text-xs text-muted">
              A view keeps the filters, the order and the columns under a name. Only you see it; its link works for
              others.
            </p>
          )}
          <ul aria-label="Saved views">
            {data?.map((view) => (
              <View key={view.id} view={view} isShown={isShown(view)} changing={changing} onApplied={close} />
            ))}
          </ul>
          <div className="mt-1 border-t border-line pt-2">
            <NameForm
              key={data?.length}
              {...{ label: 'Name of a new view', name: '', button: 'Save', isBusy: changing.isPending }}
              onSubmit={(name) => changing.mutate({ kind: 'add', name, key: randomKey() })}
            />
          </div>
          {failure !== null && (
            <p role="alert" className="px-2 py-1.5 text-xs text-bad">
              {toApiError(failure).message}
            </p>
          )}
        </>
      )}
    </Popover>
  );
}
