import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { createClient, type ArtenicClient } from '@artenic/client';
import type { AttemptView, JobView } from '@artenic/core';
import { z } from 'zod';
import { loadJobFile } from '../../cli/job-file/job-file.ts';
import { submitJob } from '../../cli/commands/submit.ts';
import { quietTalk } from '../../cli/job-file/upload.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { Home } from './home.ts';

export type DemoOptions = {
  /** Folder of the clone. */
  readonly root: string;
  readonly home: Home;
  readonly endpoints: {
    readonly api: string;
    readonly dashboard: string;
    readonly docs: string;
    readonly temporalUi: string | null;
  };
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

const heldOutSchema = z.object({ inputs: z.record(z.string(), z.union([z.number(), z.string()])), label: z.string() });
const resultSchema = z.object({
  jobId: z.string(),
  model: z.string(),
  version: z.number(),
  accuracy: z.number(),
  predicted: z.string(),
  actual: z.string(),
});

/** One key for each state folder: an interrupted demo is continued and not repeated. */
const idempotencyKey = 'first-job';

async function follow(client: ArtenicClient, id: string, options: DemoOptions): Promise<JobView> {
  let shown = '';
  return client.jobs.waitFor(id, {
    signal: options.signal,
    onChange: (job) => {
      const progress = job.progress === null ? '' : ` ${Math.round(job.progress * 100)} %`;
      const line = `first job: ${job.state}${job.state === 'running' ? progress : ''}`;
      if (line !== shown) options.say(line);
      shown = line;
    },
  });
}

const between = (from: string | null, to: string | null): number =>
  from === null || to === null ? 0 : Date.parse(to) - Date.parse(from);

/** Duration of each phase, from the submit to the job's end. */
function breakdownOf(job: JobView, attempt: AttemptView): Record<string, number> {
  return {
    queue: between(job.createdAt, attempt.createdAt),
    launch: between(attempt.createdAt, attempt.launchedAt),
    start: between(attempt.launchedAt, attempt.helloAt),
    prepare: between(attempt.helloAt, attempt.runningAt),
    train: between(attempt.runningAt, attempt.endedAt),
    register: between(attempt.endedAt, job.finishedAt),
  };
}

/**
 * Runs the first job: from a real data set to a trained, registered and promoted model, and one prediction beside the
 * true value.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { home, endpoints, say } = options;
  const startedMs = performance.now();
  const resultFile = home.file('demo.json');
  if (existsSync(resultFile)) {
    const known = resultSchema.safeParse(JSON.parse(readFileSync(resultFile, 'utf8')));
    if (known.success) {
      say(
        `the first job was done at an earlier start: ${known.data.model} version ${known.data.version}, accuracy ${known.data.accuracy.toFixed(3)}`,
      );
      return;
    }
  }
  const client = createClient({ url: endpoints.api, apiKey: readFileSync(home.file('admin.key'), 'utf8').trim() });
  const file = loadJobFile(join(options.root, 'examples', 'penguins', 'artenic.yaml'));
  say('first job: which penguin is it? A network is trained in TypeScript on 344 birds');
  const submitted = await submitJob(
    client,
    file,
    quietTalk((line) => say(`first job: ${line}`)),
    idempotencyKey,
  );
  const job = await follow(client, submitted.id, options);
  if (job.state !== 'succeeded' || job.result === null) {
    writeWhole(resultFile, JSON.stringify({ jobId: job.id, state: job.state, message: job.message }, null, 2));
    throw new ArtenicError(
      'conflict',
      `it is ${job.state}: ${job.message}; \`npx artenic jobs logs ${job.id}\` shows its log.`,
    );
  }
  const { model, version } = job.result;
  const attempts = await client.jobs.attempts(job.id);
  const attempt = attempts.at(-1);
  if (attempt === undefined) throw new ArtenicError('internal', 'a job without an attempt has succeeded');
  const registered = await client.models.version(model, version);
  await client.models.promote(model, version, 'first job');
  const heldOut = heldOutSchema.parse(
    JSON.parse(new TextDecoder().decode(await client.jobs.output(job.id, attempt.attempt, 'held-out.json'))),
  );
  const prediction = await client.predict(model, heldOut.inputs);
  const accuracy = registered.metrics['val_accuracy'] ?? Number.NaN;
  const breakdownMs = { ...breakdownOf(job, attempt), total: Math.round(performance.now() - startedMs) };
  writeWhole(
    resultFile,
    JSON.stringify(
      {
        jobId: job.id,
        state: job.state,
        model,
        version,
        accuracy,
        predicted: prediction.label,
        actual: heldOut.label,
        breakdownMs,
      },
      null,
      2,
    ),
  );
  say(
    `${model} version ${version} is in production: accuracy ${(accuracy * 100).toFixed(1)} % on birds it has not seen`,
  );
  say(`one of them: predicted ${prediction.label}, truly ${heldOut.label} (${prediction.latencyMs.toFixed(1)} ms)`);
  say(
    `time: ${Object.entries(breakdownMs)
      .map(([part, ms]) => `${part} ${(ms / 1000).toFixed(1)} s`)
      .join(', ')}`,
  );
  say(
    `look: ${endpoints.dashboard} · ${endpoints.docs}${endpoints.temporalUi === null ? '' : ` · ${endpoints.temporalUi}/namespaces/default/workflows/${encodeURIComponent(job.workflowId)}`}`,
  );
}
