import { jobSpecSchema, JobTextError, lostNumber, parseJobText, pointerOf, type JobSpec } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { parsePart } from '../http/input-errors.ts';
import { checkValue, parseJson } from '../middleware/body.ts';

/** Reading YAML takes about two seconds a megabyte, and nothing else is answered meanwhile. JSON has no such limit. */
const longestYaml = 256_000;
/** Faults of longer JSON are told by pointer alone: for lines it would have to be read as YAML. */
const longestPlaced = 64_000;

function readYaml(text: string): JobSpec {
  try {
    return parseJobText(text, jobSpecSchema);
  } catch (error) {
    if (!(error instanceof JobTextError)) throw error;
    throw new ArtenicError(
      error.kind === 'unreadable' ? 'malformed-request' : 'validation-failed',
      `The job: ${error.message}`,
      { errors: error.issues, cause: error },
    );
  }
}

/** JSON is YAML, too: read as such, its faults have lines. */
function readJson(text: string): JobSpec {
  const value = parseJson(text);
  checkValue(value);
  const lost = lostNumber(text);
  if (text.length <= longestPlaced && (lost !== null || !jobSpecSchema.safeParse(value).success)) return readYaml(text);
  if (lost !== null) {
    const issue = { pointer: pointerOf(lost.path), message: lost.message };
    throw new ArtenicError('malformed-request', `The job: ${issue.pointer} ${issue.message}`, { errors: [issue] });
  }
  return parsePart('The job', jobSpecSchema, value);
}

/** Reads a job from JSON or YAML; errors name the line. */
export function readSpec(text: string, mediaType: string): JobSpec {
  if (mediaType === 'application/json') return readJson(text);
  if (text.length > longestYaml)
    throw new ArtenicError('payload-too-large', `A job in YAML may have ${longestYaml} characters; send JSON.`);
  const spec = readYaml(text);
  checkValue(spec);
  return spec;
}
