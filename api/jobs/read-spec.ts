import { jobSpecSchema, JobTextError, lostNumber, parseJobText, pointerOf, type JobSpec } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { parsePart } from '../http/input-errors.ts';
import { checkValue, parseJson } from '../middleware/body.ts';

/** Reading YAML takes about two seconds a megabyte and blocks all other requests. JSON has no such limit. */
const longestYaml = 256_000;
/** Faults of longer JSON are reported by pointer only: for lines the text would have to be read as YAML. */
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

function numberLost({ path, message }: NonNullable<ReturnType<typeof lostNumber>>): ArtenicError {
  const pointer = pointerOf(path);
  return new ArtenicError('malformed-request', `The job: ${pointer} ${message}`, { errors: [{ pointer, message }] });
}

/** Reads JSON. @throws ArtenicError `malformed-request` for a number that would lose digits */
export function readExactJson(text: string): unknown {
  const value = parseJson(text);
  checkValue(value);
  const lost = lostNumber(text);
  if (lost !== null) throw numberLost(lost);
  return value;
}

/** JSON is also YAML; reading it as YAML gives its faults line numbers. */
function readJson(text: string): JobSpec {
  const value = parseJson(text);
  checkValue(value);
  const lost = lostNumber(text);
  if (text.length <= longestPlaced && (lost !== null || !jobSpecSchema.safeParse(value).success)) return readYaml(text);
  if (lost !== null) throw numberLost(lost);
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
