import { generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';

/** Rules of writing: X.690, 8.1 and 10. Certificates: RFC 5280, 4.1. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const bits = (content: Uint8Array) => der(0x03, Buffer.from([0]), content);

const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
const oid = { commonName: '0603550403', subjectAltName: '0603551d11', basicConstraints: '0603551d13' };
const named = (name: string) =>
  sequence(der(0x31, sequence(Buffer.from(oid.commonName, 'hex'), der(0x0c, Buffer.from(name)))));
const time = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
const extension = (id: string, value: Uint8Array) => sequence(Buffer.from(id, 'hex'), der(0x04, value));

const hourMs = 3_600_000;

export type Certificate = { readonly certificate: string; readonly key: string };
type Authority = Certificate & { readonly issue: (name: string) => Certificate };

function write(
  subject: string,
  publicKey: KeyObject,
  issuer: string,
  signedBy: KeyObject,
  isAuthority: boolean,
): string {
  const extensions = isAuthority
    ? extension(oid.basicConstraints, sequence(der(0x01, Buffer.from([0xff]))))
    : extension(oid.subjectAltName, sequence(der(0x82, Buffer.from(subject))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    named(issuer),
    sequence(time(new Date(Date.now() - hourMs)), time(new Date(Date.now() + 24 * hourMs))),
    named(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extensions)),
  );
  return new X509Certificate(sequence(body, ecdsaWithSha256, bits(sign('sha256', body, signedBy)))).toString();
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Issues certificates for a day, as PEM. Nobody needs `openssl` for the tests. */
export function makeAuthority(name: string): Authority {
  const own = newKey();
  return {
    certificate: write(name, own.publicKey, name, own.privateKey, true),
    key: pem(own.privateKey),
    issue: (subject) => {
      const { publicKey, privateKey } = newKey();
      return { certificate: write(subject, publicKey, name, own.privateKey, false), key: pem(privateKey) };
    },
  };
}
