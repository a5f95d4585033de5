import { StrictMode, useState, type ReactElement, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { AreaChart } from '../../../web/src/charts/area-chart.tsx';
import { BarChart } from '../../../web/src/charts/bar-chart.tsx';
import { LineChart } from '../../../web/src/charts/line-chart.tsx';
import { Sparkline } from '../../../web/src/charts/sparkline.tsx';
import { JsonEditor } from '../../../web/src/components/json-editor.tsx';
import { LogLines } from '../../../web/src/features/logs/log-lines.ts';
import { LogTail } from '../../../web/src/features/logs/log-tail.tsx';
import { emptyValues, readValues } from '../../../web/src/features/playground/form-values.ts';
import { PredictionView } from '../../../web/src/features/playground/prediction-view.tsx';
import { SignatureForm } from '../../../web/src/features/playground/signature-form.tsx';
import { Snippets } from '../../../web/src/features/playground/snippets.tsx';
import { AttemptTimeline } from '../../../web/src/features/timeline/attempt-timeline.tsx';
import { TimeToStart } from '../../../web/src/features/timeline/time-to-start.tsx';
import {
  attempts,
  job,
  longRun,
  manyRuns,
  prediction,
  signature,
  sparseRun,
  spikedRun,
  timedRuns,
} from './fixtures.ts';
import { Notices } from './notices.tsx';

/** Settings from the address. Tests write to `lines` below and read from it. */
const query = new URLSearchParams(location.search);
const lines = new LogLines({ maxLines: Number(query.get('maxLines') ?? 500_000) });
Object.assign(globalThis, { lines });

function Logs(): ReactElement {
  const [hash, setHash] = useState(location.hash);
  return (
    <LogTail lines={lines} label="Log of attempt 2" isLive fileName="job.log" hash={hash} onHashChange={setHash} />
  );
}

function Charts(): ReactElement {
  const days = Array.from({ length: 14 }, (_, day) => `Jan ${day + 1}`);
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Card>
        <LineChart title="loss" runs={[longRun]} xKind="step" xLabel="step" />
      </Card>
      <Card>
        <LineChart title="val_loss by run" runs={manyRuns} xKind="step" xLabel="step" />
      </Card>
      <Card>
        <LineChart title="throughput" runs={timedRuns} xKind="time" xLabel="time" />
      </Card>
      <Card>
        <LineChart title="val_loss" runs={[sparseRun]} xKind="step" xLabel="step" />
      </Card>
      <Card>
        <LineChart title="grad_norm" runs={[spikedRun]} xKind="step" xLabel="step" />
      </Card>
      <Card>
        <AreaChart
          title="Jobs by state"
          labels={days}
          series={[
            { name: 'succeeded', values: days.map((_, day) => 12 + ((day * 7) % 9)), tone: 'ok' },
            { name: 'failed', values: days.map((_, day) => (day * 5) % 4), tone: 'bad' },
            { name: 'cancelled', values: days.map((_, day) => (day * 3) % 3), tone: 'muted' },
          ]}
        />
      </Card>
      <Card>
        <BarChart
          title="Attempts by ending"
          bars={[
            { label: 'succeeded', value: 128, tone: 'ok' },
            { label: 'preempted', value: 31, tone: 'warn' },
            { label: 'failed', value: 9, tone: 'bad' },
            { label: 'no capacity', value: 4, tone: 'muted' },
          ]}
        />
        <BarChart
          title="Requests by hour"
          orientation="vertical"
          bars={Array.from({ length: 24 }, (_, hour) => ({ label: String(hour), value: 20 + ((hour * 37) % 53) }))}
        />
        <p className="mt-3 flex items-center gap-3">
          Loss <Sparkline label="loss" values={longRun.y.filter((_, step) => step % 100 === 0)} />
        </p>
      </Card>
    </div>
  );
}

function Timelines(): ReactElement {
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <AttemptTimeline job={job} attempts={attempts} nowMs={0} />
      </Card>
      <Card>
        <TimeToStart job={job} attempts={attempts} nowMs={0} />
      </Card>
    </div>
  );
}

function Playground(): ReactElement {
  const [values, setValues] = useState(() => ({
    ...emptyValues(signature),
    features: ['5.9', '3.0', 'x', '1.5'],
    spectrum: ['0.1, 0.2, 0.3'],
  }));
  const [json, setJson] = useState(
    '{\n  "inputs": {\n    "features": [5.9, 3.0, "4.2", 1.5],\n    "is_wild": true,\n    "note": null\n  }\n}',
  );
  const { errors } = readValues(signature, values);
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Card>
        <SignatureForm
          signature={signature}
          values={values}
          onChange={(next) => setValues({ ...values, ...next })}
          errors={errors}
        />
      </Card>
      <div className="flex min-w-0 flex-col gap-4">
        <Card>
          <PredictionView prediction={prediction} signature={signature} roundTripMs={12} />
        </Card>
        <Card>
          <JsonEditor
            label="Request body"
            value={json}
            onChange={setJson}
            problems={[{ pointer: '/inputs/features/2', message: '"4.2" is not a number' }]}
          />
        </Card>
        <Snippets
          apiUrl="http://127.0.0.1:7233"
          model="iris"
          version={3}
          inputs={{ features: [5.9, 3, 4.2, 1.5], species_hint: ["it's"] }}
        />
      </div>
    </div>
  );
}

function Card({ children }: { readonly children: ReactNode }): ReactElement {
  return <div className="min-w-0 rounded-xl border border-line bg-surface p-4">{children}</div>;
}

const pages: Readonly<Record<string, () => ReactElement>> = {
  logs: Logs,
  charts: Charts,
  timelines: Timelines,
  playground: Playground,
  notices: Notices,
};
document.documentElement.dataset['theme'] = query.get('theme') ?? 'light';
const Page = pages[query.get('page') ?? 'logs'] ?? Logs;
const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <div className="mx-auto flex max-w-6xl flex-col gap-4 p-4">
        <h1 className="text-lg font-semibold">Components</h1>
        <Page />
      </div>
    </StrictMode>,
  );
}
