import { createHash } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-ec2';
import { ArtenicError } from '../../../core/errors.ts';

/** Marks this installation's instances; the reconciler lists by this tag. */
export const namespaceTag = 'artenic-namespace';
/** The attempt's token, equal for all its launches. Look-ups filter by it, as ids may hold wildcards: `*`, `?`, `\`. */
export const tokenTag = 'artenic-token';
const attemptTag = 'artenic-attempt';
/** Ids that do not fit into a tag unchanged are stored in `artenic-attempt-0`, `-1`, …, in base64. */
const partTag = (index: number) => `${attemptTag}-${index}`;

/** Maximum length of a tag's value. An instance has at most 50 tags. */
const maxValueLength = 256;
const maxParts = 40;
/** Characters that every AWS service accepts in a tag. */
const plain = /^[\w +\-=.:/@]+$/;

/** At most 64 ASCII characters, equal for every try of the attempt in this namespace. */
export function clientTokenOf(namespace: string, attemptId: string): string {
  return createHash('sha256').update(`${namespace}\n${attemptId}`).digest('hex');
}

/** Each launch has its own token, because EC2 refuses a known token with other parameters, such as another offer's. */
export function launchTokenOf(namespace: string, attemptId: string, launch: number): string {
  return clientTokenOf(namespace, launch === 1 ? attemptId : `${attemptId}\n${launch}`);
}

export function tagsOf(namespace: string, attemptId: string): Sdk.Tag[] {
  const isPlain = plain.test(attemptId) && attemptId.length <= maxValueLength && attemptId.trim() === attemptId;
  const encoded = Buffer.from(attemptId).toString('base64url');
  const parts = Array.from({ length: Math.ceil(encoded.length / maxValueLength) }, (_, index) =>
    encoded.slice(index * maxValueLength, (index + 1) * maxValueLength),
  );
  if (attemptId === '' || !attemptId.isWellFormed() || parts.length > maxParts) {
    throw new ArtenicError('invalid-request', `${JSON.stringify(attemptId.slice(0, 100))} cannot be an attempt's id.`);
  }
  const slug = attemptId.replaceAll(/[^\w./-]+/g, '-').slice(0, maxValueLength - namespace.length - 1);
  return [
    { Key: 'Name', Value: `${namespace}-${slug}` },
    { Key: namespaceTag, Value: namespace },
    { Key: tokenTag, Value: clientTokenOf(namespace, attemptId) },
    ...(isPlain
      ? [{ Key: attemptTag, Value: attemptId }]
      : parts.map((part, index) => ({ Key: partTag(index), Value: part }))),
  ];
}

export function tagOf(instance: Sdk.Instance, key: string): string | undefined {
  return instance.Tags?.find((tag) => tag.Key === key)?.Value;
}

/** Empty for an instance whose tags were removed. */
export function attemptIdOf(instance: Sdk.Instance): string {
  const whole = tagOf(instance, attemptTag);
  if (whole !== undefined) return whole;
  let encoded = '';
  for (let index = 0; index < maxParts; index++) encoded += tagOf(instance, partTag(index)) ?? '';
  return Buffer.from(encoded, 'base64url').toString('utf8');
}
