import type { ProviderProblem } from '@artenic/core';
import type * as Sdk from '@aws-sdk/client-ec2';
import { isArtenicError } from '../../../core/errors.ts';
import type { Ec2 } from './ec2.ts';
import { problemOf } from '../problem-of.ts';
import type { AwsRegion } from './region.ts';

type Refusal = { readonly message: string; readonly problem: ProviderProblem };

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Tells the operator why the region cannot be used; null if it can. Two EC2 calls are enough, so STS is not needed. */
export async function checkRegion(
  ec2: Ec2,
  { region }: AwsRegion,
  input: Sdk.RunInstancesCommandInput,
  { apiUrl, endpoint }: { readonly apiUrl: string; readonly endpoint?: string | undefined },
): Promise<Refusal | null> {
  // instances of an EC2 server on this machine also run here
  const isLocal = endpoint !== undefined && loopback.test(new URL(endpoint).hostname);
  if (!isLocal && loopback.test(new URL(apiUrl).hostname)) {
    const message = `Instances cannot reach the API at ${apiUrl}; set ARTENIC_API_URL to an address that they can.`;
    return { message, problem: 'refused' };
  }
  try {
    await ec2.region();
    await ec2.tryToRun(input);
    return null;
  } catch (error) {
    if (!isArtenicError(error)) throw error;
    return { message: `${region}: ${error.message}`, problem: problemOf(error) };
  }
}
