import { ArtenicError } from '../../core/errors.ts';
import { digitsOfId, idDigits, idOfDigits } from '../../core/jobs/id-part.ts';
import type { JobRecord, Store } from '../../store/types.ts';

/** The project's job. A job of another project counts as not existing. @throws ArtenicError `not-found` */
export async function findJob(
  { jobs }: Pick<Store, 'jobs'>,
  { projectId }: { readonly projectId: string },
  id: string,
): Promise<JobRecord> {
  const job = await jobs.find(id);
  if (job === null || job.projectId !== projectId) throw new ArtenicError('not-found', `There is no job ${id}.`);
  return job;
}

const mostCandidates = 10;

/**
 * The whole id of the project's job whose id begins or ends like this. @throws ArtenicError `not-found`; `ambiguous-id`
 * with the jobs that fit
 */
export async function resolveJobId(
  { jobs }: Pick<Store, 'jobs'>,
  { projectId }: { readonly projectId: string },
  part: string,
): Promise<string> {
  const digits = digitsOfId(part);
  if (digits?.length === idDigits) return idOfDigits(digits);
  const found = digits === null ? [] : await jobs.withIdPart(projectId, digits, mostCandidates + 1);
  const [first, ...others] = found;
  if (first === undefined) throw new ArtenicError('not-found', `There is no job ${part}.`);
  if (others.length === 0) return first.id;
  const count = found.length > mostCandidates ? `More than ${mostCandidates}` : String(found.length);
  throw new ArtenicError('ambiguous-id', `${count} job ids start or end with ${part}. Enter more digits.`, {
    candidates: found.slice(0, mostCandidates),
  });
}
