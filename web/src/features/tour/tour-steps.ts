import type { JobView, RegistryItem } from '@artenic/core';

/** Objects of this installation that the tour shows; null for what does not exist yet. */
export type TourObjects = { readonly job: JobView | null; readonly model: RegistryItem | null };

export type TourStep = {
  /** Address of the page. */
  readonly path: string;
  /** The step points at the element with this `data-tour`; `title` is the page's. */
  readonly target: string;
  readonly title: string;
  readonly text: string;
};

function jobStep(job: JobView | null): TourStep {
  if (job === null)
    return {
      ...{ path: '/jobs', target: 'dispatch', title: 'Trainings are jobs' },
      text: 'A job is a command with its files and the place where it may run. Dispatch the first one here, or with npx artenic jobs dispatch artenic.yaml.',
    };
  return {
    ...{ path: `/jobs/${job.id}`, target: 'tabs', title: `One page for each job: ${job.name}` },
    text: 'The overview says how far, how long and how much. Log and metrics follow the training live. When a spot machine is reclaimed, the job continues from its last checkpoint.',
  };
}

function modelStep(model: RegistryItem | null): TourStep {
  if (model === null)
    return {
      ...{ path: '/models', target: 'title', title: 'Models come from jobs' },
      text: 'A job that writes model.onnx registers a version when it succeeds. Each version keeps its job, its data and who promoted it.',
    };
  return {
    ...{ path: `/models/${model.model.name}`, target: 'stage', title: `Versions of ${model.model.name}` },
    text: 'Every successful job adds a version. Compare versions, then promote one: predictions go to the version in production.',
  };
}

/** The five steps, with objects of this installation where there are any. */
export function tourSteps({ job, model }: TourObjects): readonly TourStep[] {
  return [
    {
      ...{ path: '/', target: 'overview', title: 'What is running, at a glance' },
      text: 'Problems that need a person come first on this page, with what to do. Below are the active jobs and the models in production.',
    },
    jobStep(job),
    modelStep(model),
    {
      ...{ path: '/playground', target: model === null ? 'title' : 'playground', title: 'Try a model' },
      text:
        model === null
          ? 'Once a model exists, you fill in one row here and copy the same request for curl, SDK or command line.'
          : 'Fill in one row and predict. The same request is shown for curl, SDK and command line.',
    },
    {
      ...{ path: '/providers', target: 'providers', title: 'Where jobs run' },
      text:
        job === null
          ? 'Each provider shows whether it can be used and how much of it is taken. Now dispatch your first job.'
          : 'Each provider shows whether it can be used and how much of it is taken. A provider with a problem is also marked in the navigation.',
    },
  ];
}
