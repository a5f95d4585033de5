import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { attemptIdOf } from '../../../core/ids.ts';
import { bootstrapTokenOf } from '../../../store/access/tokens.ts';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../../workflows/contracts/index.ts';
import type { ControlPlane } from './control-plane.ts';
import { Refused } from './http.ts';
import type { Act, Action } from './schedule.ts';
import { stallStorage } from './stall.ts';
import { tell } from './tell.ts';

/** Performs an act and returns its result. A zombie's result is `accepted …` when one of its writes was accepted. */
export async function perform(plane: ControlPlane, act: Act, jobId: string): Promise<string> {
  const { action } = act;
  switch (action.do) {
    case 'kill':
      return plane.kill(action.target) ? 'killed' : 'was down already';
    case 'cloud-fault': {
      const namePrefix = action.anywhere ? null : `artenic-${jobId.toLowerCase()}`;
      await plane.cloud('POST', '/control/faults', { rules: [{ ...action.rule, id: act.id, namePrefix }] });
      return 'set';
    }
    case 'preempt':
    case 'power-off':
    case 'silence':
      return strikeInstances(plane, jobId, action);
    case 'cancel':
      return cancel(plane, jobId);
    case 'storage-stall':
      return stallStorage(plane, jobId, action.forMs);
    case 'storage-answer-lost':
      plane.storage.loseAnswers(jobId, action.count);
      return 'set';
    case 'temporal':
      return callTemporal(plane, jobId, action);
    case 'zombie':
      return haunt(plane, jobId);
    case 'signals':
      return tell(plane, jobId, action);
    case 'stray':
      return makeStray(plane, jobId, act.id);
    case 'left-behind':
      return leaveBehind(plane, jobId);
    case 'price-change': {
      const { factor } = action;
      const usdMicrosPerHour = Math.round(29_100 * factor);
      const place = { region: 'us-east', instanceType: 'cpu-2', spot: true };
      await plane.cloud('PUT', '/control/prices', { ...place, usdMicrosPerHour });
      return `${usdMicrosPerHour} an hour`;
    }
    default:
      return action satisfies never;
  }
}

async function strikeInstances(
  plane: ControlPlane,
  jobId: string,
  action: Extract<Action, { do: 'preempt' | 'power-off' | 'silence' }>,
): Promise<string> {
  const { attempts } = await plane.judge({});
  const living = attempts
    .filter(({ attempt }) => attempt.startsWith(`${jobId}/`))
    .flatMap(({ instances }) => instances.filter((one) => one.endedAtMs === null).map((one) => one.instanceId));
  const done: string[] = [];
  for (const id of living) {
    try {
      if (action.do === 'power-off') await plane.cloud('POST', `/control/instances/${id}/power-off`, {});
      else if (action.do === 'silence') {
        const { how, forSeconds } = action;
        await plane.cloud('POST', `/control/instances/${id}/silence`, { how, forSeconds });
      } else {
        const { noticeSeconds, recorded } = action;
        await plane.cloud('POST', `/control/instances/${id}/preempt`, { noticeSeconds, recorded });
      }
      done.push(id);
    } catch (error) {
      // The instance is ending already.
      if (!(error instanceof Refused)) throw error;
    }
  }
  return done.length === 0 ? 'nothing lived' : done.join(', ');
}

async function cancel(plane: ControlPlane, jobId: string): Promise<string> {
  try {
    await plane.request('POST', `/api/v1/jobs/${jobId}/cancel`);
    return 'asked';
  } catch (error) {
    if (error instanceof Refused && error.status === 409) return 'the job was over';
    throw error;
  }
}

async function attemptsOf(plane: ControlPlane, jobId: string): Promise<number> {
  const [row] = await plane.query<{ n: number }>(
    'select coalesce(max(attempt), 0)::int as n from attempts where job_id = $1',
    [jobId],
  );
  return row?.n ?? 0;
}

async function callTemporal(
  plane: ControlPlane,
  jobId: string,
  { verb, workflow }: Extract<Action, { do: 'temporal' }>,
): Promise<string> {
  const ids = { job: trainingJobWorkflowId, failover: failoverWorkflowId } as const;
  const id =
    workflow === 'attempt'
      ? attemptWorkflowId(jobId, Math.max(1, await attemptsOf(plane, jobId)))
      : ids[workflow](jobId);
  const more = verb === 'cancel' ? [] : ['--reason', 'chaos'];
  const how = verb === 'reset' ? ['--type', 'FirstWorkflowTask'] : [];
  return (await plane.temporalCli('workflow', verb, '--workflow-id', id, ...how, ...more)) ? 'done' : 'refused';
}

/** Writes like the machine of an ended attempt that was presumed dead. */
async function haunt(plane: ControlPlane, jobId: string): Promise<string> {
  const [over] = await plane.query<{ n: number | null }>(
    'select max(attempt)::int as n from attempts where job_id = $1 and ended_at is not null',
    [jobId],
  );
  const dead = over?.n ?? 0;
  if (dead === 0 || dead === (await attemptsOf(plane, jobId))) return 'no attempt was replaced';
  const attemptId = attemptIdOf(jobId, dead);
  const bootstrap = bootstrapTokenOf(plane.pepper, attemptId);
  const token = createHash('sha256').update(`attempt:${bootstrap}`).digest('base64url');
  const host = { hostname: 'zombie', platform: 'scripted', cores: 1, pid: 1 };
  const words = [
    ['/hello', { attemptId, bootstrapToken: bootstrap, attemptToken: token, host }],
    ['/heartbeat', { phase: 'training', progress: 0.001 }],
    ['/events', { kind: 'phase', id: 'zombie-phase', phase: 'setup', restoredFrom: null }],
    ['/events', { kind: 'exited', id: 'zombie-exit', exitCode: 1 }],
  ] as const;
  const accepted: string[] = [];
  for (const [path, body] of words) {
    for (let tries = 0; tries < 20; tries++) {
      const status = await plane.asRunner(path, token, body);
      if (status !== null && status < 300) accepted.push(path);
      if (status !== null && status < 500) break;
      await sleep(200);
    }
  }
  return accepted.length === 0 ? 'refused' : `accepted ${accepted.join(', ')}`;
}

async function makeStray(plane: ControlPlane, jobId: string, actId: string): Promise<string> {
  const number = Number(actId.split('.')[1]) + 1;
  return makeInstance(plane, `stray-${jobId}/attempt-${number}`);
}

const strayPlace = { region: 'eu-north', instanceType: 'cpu-2', spot: false } as const;

/** Its empty script hangs until the instance is terminated. */
async function makeInstance(plane: ControlPlane, attemptId: string): Promise<string> {
  const { instanceId } = await plane.cloud<{ instanceId: string }>('POST', '/v1/instances', {
    name: `artenic-${attemptId.replace('/attempt-', '-')}`,
    ...strayPlace,
    tags: { 'artenic-attempt': attemptId, 'artenic-namespace': 'artenic', 'simulated-script': '[]' },
  });
  return instanceId;
}

async function leaveBehind(plane: ControlPlane, jobId: string): Promise<string> {
  const id = `stray-${jobId}`;
  const attemptId = attemptIdOf(id, 1);
  const offer = { provider: 'simulated', ...strayPlace, priceUsdMicrosPerHour: 1 };
  await plane.query(
    `insert into jobs select (jsonb_populate_record(jobs, jsonb_build_object(
       'id', $2::text, 'state', 'failed', 'finished_at', now()))).* from jobs where id = $1`,
    [jobId, id],
  );
  await plane.query(
    `insert into attempts (id, job_id, attempt, offer, reason, state, created_at, launched_at, launch_tried_at)
     values ($1, $2, 1, $3, 'left behind', 'launching', now(), now(), now())`,
    [attemptId, id, JSON.stringify(offer)],
  );
  return makeInstance(plane, attemptId);
}
