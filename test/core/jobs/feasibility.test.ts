import { describe, expect, test } from '@jest/globals';
import { jobSpecSchema, type JobSpecInput } from '@artenic/core';
import { whyInfeasible, whyUnkept } from '../../../core/jobs/feasibility.ts';

const spec = (changes: Partial<JobSpecInput> = {}) =>
  jobSpecSchema.parse({ service: 'iris', command: 'true', ...changes });
const local = { name: 'local', capacity: { vcpu: 4, memoryGib: 8, gpus: 0 } };
const workstation = { name: 'workstation', capacity: { vcpu: 2, memoryGib: 64, gpus: 2 } };
const cloud = { name: 'aws', capacity: null };

describe('a job can run', () => {
  test.each([
    ['on the machine that has enough', { vcpu: 4, memoryGib: 8 }, [local]],
    ['on a provider without a bound, though the machine is too small', { accelerators: { count: 8 } }, [local, cloud]],
    ['on the second machine', { memoryGib: 32 }, [local, workstation]],
  ])('%s', (_, resources, providers) => {
    expect(whyInfeasible(spec({ resources }), providers)).toBeNull();
  });
});

describe('a job cannot run', () => {
  test.each([
    ['with more cores than any machine', { vcpu: 5 }, '/resources/vcpu'],
    ['with accelerators that no machine has', { accelerators: { count: 3 } }, '/resources/accelerators'],
    ['where each machine lacks something else', { vcpu: 4, memoryGib: 32 }, '/resources'],
  ])('%s', (_, resources, pointer) => {
    const why = whyInfeasible(spec({ resources }), [local, workstation]);
    expect(why).toMatchObject({ type: 'larger-than-machine', details: { errors: [{ pointer }] } });
    expect(why?.message).toMatch(/^The job needs .*, but local has 4 cores, .* workstation has 2 cores/);
  });

  test.each([
    ['on several nodes', { resources: { nodes: 2 } }, '/resources/nodes'],
    ['in an image', { environment: { image: `x@sha256:${'0'.repeat(64)}` } }, '/environment/image'],
  ])('%s, wherever', (_, changes, pointer) => {
    expect(whyInfeasible(spec(changes), [local, cloud])).toMatchObject({
      type: 'not-yet-supported',
      details: { errors: [{ pointer }] },
    });
  });
});

test('a job cannot run on types that no provider offers', () => {
  const job = spec({ placement: { instanceTypes: ['p9.huge', 'p9.vast'] } });
  const without = { ...cloud, hasNoneOfTypes: true } as const;
  expect(whyInfeasible(job, [without])).toMatchObject({
    ...{
      type: 'validation-failed',
      message: 'Of the instance types p9.huge, p9.vast: aws offers none of these types.',
    },
    details: { errors: [{ pointer: '/placement/instanceTypes' }] },
  });
  expect(whyInfeasible(job, [without, local])).toBeNull();
  const needs = { ...job, resources: { ...job.resources, vcpu: 5 } };
  expect(whyInfeasible(needs, [without, local])).toMatchObject({ type: 'larger-than-machine' });
});

test('what nothing holds is not promised', () => {
  expect(whyUnkept(spec())).toBeNull();
  expect(whyUnkept(spec({ budgetUsd: 5 }))?.message).toBe(
    '`budgetUsd` cannot be promised: budgets are not held yet; `maxHours` and `placement.maxHourlyUsd` bound what a job costs. Leave it out.',
  );
});
