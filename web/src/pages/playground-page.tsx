import { predictResponseSchema, type ModelVersionView, type PredictRequest, type RegistryItem } from '@artenic/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { Button, buttonClass } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Select } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { JsonEditor } from '../components/json-editor.tsx';
import { readJson } from '../components/json/json-text.ts';
import { PageHeader } from '../components/page-header.tsx';
import { QueryPanel } from '../components/query-panel.tsx';
import { Segmented } from '../components/segmented.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { EmptyState } from '../components/states.tsx';
import {
  emptyValues,
  errorsByInput,
  readValues,
  valuesOfInputs,
  type FieldErrors,
  type FormValues,
} from '../features/playground/form-values.ts';
import { PredictionView } from '../features/playground/prediction-view.tsx';
import { SignatureForm } from '../features/playground/signature-form.tsx';
import { Snippets } from '../features/playground/snippets.tsx';
import { callApi, toApiError } from '../lib/api.ts';
import { registryQuery, versionsQuery } from '../lib/queries.ts';
import { stageStatus } from '../lib/status.ts';

type Inputs = PredictRequest['inputs'];

function usePredict(version: ModelVersionView) {
  return useMutation({
    mutationFn: async (inputs: Inputs) => {
      const startedMs = performance.now();
      const prediction = await callApi(`/api/v1/models/${version.model}/predict`, predictResponseSchema, {
        method: 'POST',
        json: { inputs, version: version.version },
      });
      return { prediction, roundTripMs: performance.now() - startedMs };
    },
  });
}

/** Inputs from JSON that is an object; the API validates their contents. */
function inputsOf(text: string): Inputs | null {
  const read = readJson(text);
  const isObject = read.isValid && typeof read.value === 'object' && read.value !== null && !Array.isArray(read.value);
  return isObject ? (read.value as Inputs) : null;
}

function Answer({
  predict,
  version,
}: {
  readonly predict: ReturnType<typeof usePredict>;
  readonly version: ModelVersionView;
}): ReactElement {
  if (predict.error !== null) {
    const { title, message, requestId } = toApiError(predict.error);
    return (
      <div role="alert" className="rounded-lg border border-bad/25 bg-bad/10 p-4 text-sm text-bad">
        <p className="flex items-center gap-2 font-semibold">
          <Icon name="warning" /> {title}
        </p>
        <p className="mt-1 text-xs">{message}</p>
        {requestId !== null && <p className="mt-2 font-mono text-xs">{requestId}</p>}
      </div>
    );
  }
  if (predict.data === undefined)
    return (
      <div className="flex min-h-56 flex-col items-center justify-center gap-2 rounded-lg border border-dashed border-line px-6 text-center text-sm text-muted">
        <Icon name="playground" className="size-5" />
        Run a prediction to see the result.
      </div>
    );
  return (
    <Card title="Answer">
      <div aria-live="polite">
        <PredictionView {...predict.data} signature={version.signature} />
      </div>
    </Card>
  );
}

/** Playground of a version; recreated for another version. */
function Bench({ version }: { readonly version: ModelVersionView }): ReactElement {
  const { view = 'form' } = useSearch({ from: '/shell/playground' });
  const navigate = useNavigate({ from: '/playground' });
  const { signature } = version;
  const [values, setValues] = useState<FormValues>(() => emptyValues(signature));
  const [text, setText] = useState('{}');
  const [errors, setErrors] = useState<FieldErrors>({});
  const predict = usePredict(version);

  const formInputs = readValues(signature, values).inputs;
  const inputs = view === 'form' ? formInputs : (inputsOf(text) ?? {});
  const show = (next: 'form' | 'json'): void => {
    if (next === 'json') setText(JSON.stringify(formInputs, null, 2));
    else setValues(valuesOfInputs(signature, inputsOf(text) ?? {}));
    void navigate({ search: (old) => ({ ...old, view: next === 'form' ? undefined : next }), replace: true });
  };
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const read = readValues(signature, values);
    if (view === 'form') setErrors(read.errors);
    // Drop the previous answer, so that it is not shown beside the errors of other inputs.
    if (view === 'form' ? Object.keys(read.errors).length > 0 : inputsOf(text) === null) return predict.reset();
    predict.mutate(inputs, {
      onError: (error) => setErrors(errorsByInput(toApiError(error).problem?.errors ?? [])),
    });
  };
  return (
    <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
      <Card
        title="Request"
        actions={
          <Segmented
            label="Write the inputs as"
            value={view}
            options={[
              { value: 'form', label: 'Form' },
              { value: 'json', label: 'JSON' },
            ]}
            onChange={show}
          />
        }
      >
        <form onSubmit={send} noValidate className="grid grid-cols-1 gap-5">
          {view === 'form' ? (
            <SignatureForm signature={signature} values={values} onChange={setValues} errors={errors} />
          ) : (
            <JsonEditor
              label="Inputs"
              value={text}
              onChange={setText}
              rows={12}
              problems={Object.entries(errors).map(([name, message]) => ({ pointer: `/${name}`, message }))}
            />
          )}
          <div className="flex items-center justify-end border-t border-line pt-4">
            <Button data-tour="playground" type="submit" kind="primary" icon="play" isBusy={predict.isPending}>
              Predict
            </Button>
          </div>
        </form>
      </Card>
      <div className="grid min-w-0 grid-cols-1 gap-4">
        <Answer predict={predict} version={version} />
        <Snippets apiUrl={window.location.origin} model={version.model} version={version.version} inputs={inputs} />
      </div>
    </div>
  );
}

function Pickers({
  items,
  model,
  versions,
  version,
}: {
  readonly items: readonly RegistryItem[];
  readonly model: string;
  readonly versions: readonly ModelVersionView[];
  readonly version: ModelVersionView | undefined;
}): ReactElement {
  const navigate = useNavigate({ from: '/playground' });
  return (
    <div className="mb-4 grid max-w-xl gap-4 sm:grid-cols-2">
      <Select
        label="Model"
        value={model}
        onChange={(event) => void navigate({ search: (old) => ({ view: old.view, model: event.target.value }) })}
      >
        {items.map((item) => (
          <option key={item.model.name}>{item.model.name}</option>
        ))}
      </Select>
      <Select
        label="Version"
        value={version?.version ?? ''}
        onChange={(event) =>
          void navigate({ search: (old) => ({ ...old, model, version: Number(event.target.value) }) })
        }
      >
        {versions
          .filter((one) => one.stage !== 'retired')
          .map((one) => (
            <option key={one.version} value={one.version}>
              v{one.version} · {stageStatus[one.stage].label.toLowerCase()}
            </option>
          ))}
      </Select>
    </div>
  );
}

function Playground({ items }: { readonly items: readonly RegistryItem[] }): ReactElement {
  const search = useSearch({ from: '/shell/playground' });
  const first = items.find((item) => item.model.productionVersion !== null) ?? items[0];
  const name = search.model ?? first?.model.name ?? '';
  const query = useQuery(versionsQuery(name));
  return (
    <QueryPanel query={query} skeleton={<Skeleton className="h-80 rounded-lg" />}>
      {(versions) => {
        const usable = versions.filter((one) => one.stage !== 'retired');
        const version =
          usable.find((one) => one.version === search.version) ??
          usable.find((one) => one.stage === 'production') ??
          usable[0];
        return (
          <>
            <Pickers items={items} model={name} versions={versions} version={version} />
            {version === undefined ? (
              <Card>
                <p className="py-8 text-center text-sm text-muted">Every version of {name} is retired.</p>
              </Card>
            ) : (
              <Bench key={`${name} ${version.version}`} version={version} />
            )}
          </>
        );
      }}
    </QueryPanel>
  );
}

export function PlaygroundPage(): ReactElement {
  const registry = useInfiniteQuery(registryQuery());
  return (
    <>
      <PageHeader title="Playground" description="Try a model with one row; copy the request as curl, SDK or CLI." />
      <QueryPanel query={registry} skeleton={<Skeleton className="h-80 rounded-lg" />}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length > 0) return <Playground items={items} />;
          return (
            <Card>
              <EmptyState
                icon="playground"
                title="No models yet"
                command="npx artenic jobs dispatch examples/penguins/artenic.yaml --watch"
                action={
                  <Link to="/jobs/new" className={buttonClass('primary')}>
                    Train a model
                  </Link>
                }
              >
                The form is made from a model’s own signature, so it needs a model first.
              </EmptyState>
            </Card>
          );
        }}
      </QueryPanel>
    </>
  );
}
