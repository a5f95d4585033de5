import { formatDuration } from '@artenic/core';
import type { OverviewView } from '@artenic/core';
import type { ReactElement } from 'react';
import { activeJobs } from '../../lib/active-jobs.ts';
import { formatCount, formatPercent } from '../../lib/format.ts';
import { Kpi } from './kpi.tsx';

type Days = OverviewView['days'];
const recentDays = 7;

const endedOn = (day: Days[number]): number => day.succeeded + day.failed + day.timedOut;

/** Success rate of each day as a bar's height; a day without jobs stays empty. */
function DayBars({ days }: { readonly days: Days }): ReactElement {
  const most = Math.max(1, ...days.map(endedOn));
  return (
    <span aria-hidden="true" className="flex h-8 items-end gap-0.5">
      {days.map((day) => {
        const ended = endedOn(day);
        return (
          <span key={day.day} className="flex h-full w-2 flex-col justify-end overflow-hidden rounded-xs bg-raised">
            <span className="bg-bad" style={{ height: `${((ended - day.succeeded) / most) * 100}%` }} />
            <span className="bg-ok" style={{ height: `${(day.succeeded / most) * 100}%` }} />
          </span>
        );
      })}
    </span>
  );
}

function successOf(days: Days): { readonly rate: number | null; readonly ended: number; readonly failed: number } {
  const recent = days.slice(-recentDays);
  const ended = recent.reduce((sum, day) => sum + endedOn(day), 0);
  const succeeded = recent.reduce((sum, day) => sum + day.succeeded, 0);
  return { rate: ended === 0 ? null : succeeded / ended, ended, failed: ended - succeeded };
}

export function Kpis({ overview }: { readonly overview: OverviewView }): ReactElement {
  const { jobsByState, days, timeToStart, recoveries } = overview;
  const waiting = jobsByState.queued + jobsByState.waiting;
  const success = successOf(days);
  return (
    <>
      <Kpi
        label="Active jobs"
        value={formatCount(activeJobs(jobsByState))}
        note={waiting === 0 ? 'No jobs waiting' : `${formatCount(waiting)} waiting`}
        to="/jobs"
      />
      <Kpi
        label="Success, 7 days"
        value={
          success.rate === null ? '–' : formatPercent(success.rate, success.rate === 1 || success.rate === 0 ? 0 : 1)
        }
        note={
          success.rate === null
            ? 'No jobs have ended yet'
            : `${formatCount(success.ended)} ended · ${formatCount(success.failed)} failed`
        }
        to="/jobs"
      >
        <DayBars days={days.slice(-recentDays)} />
      </Kpi>
      <Kpi
        label="Time to start, median"
        value={timeToStart === null ? '–' : formatDuration(timeToStart.medianMs)}
        note={
          timeToStart === null ? 'From submit to the first training step' : `p95 ${formatDuration(timeToStart.p95Ms)}`
        }
        to="/jobs"
      />
      <Kpi
        label="Recoveries, 7 days"
        value={formatCount(recoveries)}
        note={recoveries === 0 ? 'No job needed another attempt' : 'Attempts after the first, of jobs submitted then'}
        to="/jobs"
      />
      <Kpi
        label="Models in production"
        value={formatCount(overview.modelsInProduction)}
        note={`${formatCount(overview.models)} ${overview.models === 1 ? 'model' : 'models'}, ${formatCount(overview.versions)} ${overview.versions === 1 ? 'version' : 'versions'}`}
        to="/models"
      />
    </>
  );
}
