import { formatValue } from '@artenic/core';
import { useState, type ReactElement } from 'react';
import type { ModelSignature, PredictResponse } from '@artenic/core';
import { Highlighted } from '../../components/json/highlighted.tsx';
import { formatJson, readJson } from '../../components/json/json-text.ts';
import { CopyButton } from '../../charts/copy-button.tsx';
import { formatPercent } from '../../lib/format.ts';
import { sharesOf, type ClassShare } from './probabilities.ts';

export type PredictionViewProps = {
  readonly prediction: PredictResponse;
  readonly signature: ModelSignature;
  /** Time from click to answer, measured in the browser. */
  readonly roundTripMs?: number;
};

const mostShares = 10;
const longestShown = 20_000;

function Shares({ shares }: { readonly shares: readonly ClassShare[] }): ReactElement {
  const [isAll, setIsAll] = useState(false);
  const shown = isAll ? shares : shares.slice(0, mostShares);
  return (
    <div className="flex flex-col gap-2">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">Probability by class</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Share</th>
            <th scope="col">Probability</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ label, share }, index) => (
            <tr key={label}>
              <th
                scope="row"
                className={`max-w-40 truncate py-1 pr-3 text-left font-normal ${index === 0 ? 'font-medium text-ink' : 'text-muted'}`}
              >
                {label}
              </th>
              <td aria-hidden="true" className="w-full py-1">
                <span className="block h-2.5 overflow-hidden rounded-full bg-raised">
                  <span
                    style={{ width: `${share * 100}%` }}
                    className={`block h-full forced-color-adjust-none rounded-full transition-[width] duration-300 motion-reduce:transition-none ${index === 0 ? 'bg-accent' : 'bg-muted/50'}`}
                  />
                </span>
              </td>
              <td className="py-1 pl-3 text-right text-ink tabular-nums">{formatPercent(share, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shares.length > mostShares && (
        <button
          type="button"
          className="h-6 self-start text-xs text-accent hover:underline"
          onClick={() => setIsAll(!isAll)}
        >
          {isAll ? 'Show fewer' : `Show all ${shares.length}`}
        </button>
      )}
    </div>
  );
}

/** The only number of a regression's outputs; null for other outputs. */
function onlyNumber({ outputs }: PredictResponse): { readonly name: string; readonly value: number } | null {
  const entries = Object.entries(outputs);
  const [first] = entries;
  if (entries.length !== 1 || first === undefined) return null;
  const [name, value] = first;
  const flat: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof flat === 'number' ? { name, value: flat } : null;
}

function Raw({ prediction }: { readonly prediction: PredictResponse }): ReactElement {
  const reading = readJson(JSON.stringify(prediction));
  const text = reading.isValid ? formatJson(reading.tree) : '';
  return (
    <details className="group rounded-md border border-line">
      <summary className="flex h-8 cursor-pointer items-center px-3 text-xs text-muted hover:text-ink focus-visible:outline-2 focus-visible:outline-accent">
        Raw response
      </summary>
      <div className="relative border-t border-line">
        <span className="absolute top-1 right-1">
          <CopyButton label="Copy the response" text={() => text} />
        </span>
        <pre tabIndex={0} aria-label="Raw response" className="max-h-80 overflow-auto p-3 font-mono text-xs leading-5">
          <Highlighted text={text.length > longestShown ? `${text.slice(0, longestShown)}\n…` : text} />
        </pre>
      </div>
    </details>
  );
}

/** A model's answer: the predicted class or value first, then its probabilities, then the raw response. */
export function PredictionView({ prediction, signature, roundTripMs }: PredictionViewProps): ReactElement {
  const shares = sharesOf(prediction, signature);
  const number = onlyNumber(prediction);
  const verdict = prediction.label ?? (number === null ? null : formatValue(number.value));
  return (
    <section aria-label="Prediction" className="flex min-w-0 flex-col gap-4">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
        {verdict !== null && (
          <div className="min-w-0">
            <p className="text-xs text-muted">{prediction.label === null ? number?.name : 'Label'}</p>
            <p className="truncate text-2xl font-semibold tracking-tight text-ink tabular-nums">{verdict}</p>
          </div>
        )}
        <dl className="flex gap-x-5 text-xs">
          <div>
            <dt className="text-muted">Model</dt>
            <dd className="text-ink">
              {prediction.model} v{prediction.version}
            </dd>
          </div>
          <div>
            <dt className="text-muted">Latency</dt>
            <dd className="text-ink tabular-nums">{prediction.latencyMs.toFixed(1)} ms</dd>
          </div>
          {roundTripMs !== undefined && (
            <div>
              <dt className="text-muted">Round trip</dt>
              <dd className="text-ink tabular-nums">{roundTripMs.toFixed(0)} ms</dd>
            </div>
          )}
        </dl>
      </div>
      {shares !== null && <Shares shares={shares} />}
      <Raw prediction={prediction} />
    </section>
  );
}
