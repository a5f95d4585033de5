import { createHash, createVerify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SignatureJudge = { readonly url: string; readonly close: () => void };

/** Google's encoding of names and values in a canonical request. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Whether the request has a V4 signature of the account and has not expired. Written after Google's documentation
 * (cloud.google.com/storage/docs/authentication/signatures); no answer of Google was recorded for it.
 */
function isSigned({ method = '', url = '', headers }: IncomingMessage, publicKey: string, account: string): boolean {
  const { pathname, searchParams } = new URL(url, 'http://judge');
  const given = (name: string): string => searchParams.get(`X-Goog-${name}`) ?? '';
  const [date, time] = [given('Date').slice(0, 8), given('Date')];
  const scope = `${date}/auto/storage/goog4_request`;
  if (given('Algorithm') !== 'GOOG4-RSA-SHA256' || given('Credential') !== `${account}/${scope}`) return false;
  const start = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Date.now() < start + Number(given('Expires')) * 1000)) return false;
  const names = given('SignedHeaders').split(';');
  if (!names.includes('host')) return false;
  const valueOf = (name: string): string =>
    // the SDK signs the host without its port, which Google's own address does not have
    name === 'host' ? ((headers.host ?? '').split(':')[0] ?? '') : String(headers[name] ?? '');
  const query = [...searchParams]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted();
  const canonical = [
    ...[method, pathname, query.join('&')],
    ...[names.map((name) => `${name}:${valueOf(name)}\n`).join(''), names.join(';'), 'UNSIGNED-PAYLOAD'],
  ].join('\n');
  const text = ['GOOG4-RSA-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  return createVerify('RSA-SHA256').update(text).verify(publicKey, given('Signature'), 'hex');
}

/** Stands in front of a server that checks no signature, and refuses requests that Google would refuse. */
export async function startSignatureJudge(
  upstream: string,
  publicKey: string,
  account: string,
): Promise<SignatureJudge> {
  const server = createServer((incoming, outgoing) => {
    if (!isSigned(incoming, publicKey, account)) {
      incoming.resume().once('end', () => outgoing.writeHead(403).end());
      return;
    }
    const { host } = new URL(upstream);
    const headers = { ...incoming.headers, host };
    const forwarded = request(`${upstream}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
