import { expect, test } from '@jest/globals';
import { errorOf } from '../../../../activities/providers/aws/errors.ts';
import type { ErrorType } from '../../../../core/errors.ts';

const refusal = (Code: string, httpStatusCode = 400): Error =>
  Object.assign(new Error(`${Code}, in words`), { name: Code, Code, $fault: 'client', $metadata: { httpStatusCode } });
const typeOf = (error: unknown, mayHaveActed: boolean): ErrorType =>
  errorOf(error, 'do it in eu-west-1', mayHaveActed).type;

test.each<[string, number, ErrorType]>([
  ['InsufficientInstanceCapacity', 500, 'stockout'],
  ['InsufficientHostCapacity', 500, 'stockout'],
  ['UnfulfillableCapacity', 400, 'stockout'],
  ['Unsupported', 400, 'stockout'],
  ['SpotMaxPriceTooLow', 400, 'stockout'],
  ['MaxSpotInstanceCountExceeded', 400, 'quota'],
  ['VcpuLimitExceeded', 400, 'quota'],
  ['InstanceLimitExceeded', 400, 'quota'],
  ['InsufficientFreeAddressesInSubnet', 400, 'quota'],
  ['RequestLimitExceeded', 503, 'rate-limited'],
  ['Throttling', 400, 'rate-limited'],
  ['AuthFailure', 401, 'auth'],
  ['ExpiredToken', 400, 'auth'],
  ['RequestExpired', 400, 'auth'],
  ['UnauthorizedOperation', 403, 'auth'],
  ['OptInRequired', 401, 'auth'],
  ['InvalidInstanceID.NotFound', 400, 'not-found'],
  ['InvalidInstanceID.Malformed', 400, 'not-found'],
  ['IdempotentParameterMismatch', 400, 'conflict'],
  ['InvalidAMIID.NotFound', 400, 'invalid-request'],
  ['InvalidParameterValue', 400, 'invalid-request'],
  ['constructor', 400, 'invalid-request'],
])('%s (HTTP %i) is `%s`, whatever was asked', (code, status, type) => {
  expect(typeOf(refusal(code, status), true)).toBe(type);
  expect(typeOf(refusal(code, status), false)).toBe(type);
});

test.each([
  ['a fault of theirs', refusal('InternalError', 500)],
  ['a code that nobody has documented, with a fault of theirs', refusal('NeverSeen', 503)],
  ['an answer cut off after HTTP 200', Object.assign(new Error('aborted'), { $metadata: { httpStatusCode: 200 } })],
  ['a page of somebody else', Object.assign(new Error('<html>'), { $metadata: { httpStatusCode: 502 } })],
  ['a connection cut', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', $metadata: {} })],
  ['no answer in time', Object.assign(new Error('aborted'), { name: 'AbortError' })],
  ['something that is no error', 'why'],
])('%s leaves the outcome of a create unknown, and passes else', (_, error) => {
  expect(typeOf(error, true)).toBe('unknown-outcome');
  expect(typeOf(error, false)).toBe('transient');
});

test('what was never sent can be sent again', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  expect(typeOf(refused, true)).toBe('transient');
  const unsigned = Object.assign(new Error('no providers in the chain'), { name: 'CredentialsProviderError' });
  expect(typeOf(unsigned, true)).toBe('auth');
});

test('says in words what was refused, and when to come again', () => {
  const error = errorOf(refusal('RequestLimitExceeded', 503), 'run an instance in eu-west-1', true);
  expect(error.message).toBe(
    'EC2 refuses to run an instance in eu-west-1 (RequestLimitExceeded): RequestLimitExceeded, in words',
  );
  expect(error.details.retryAfterMs).toBe(5000);
});
