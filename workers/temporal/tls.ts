/** TLS and API key of Temporal, read from the environment. */
export type TemporalTlsOptions = {
  readonly TEMPORAL_TLS?: 'true' | 'false' | undefined;
  readonly TEMPORAL_TLS_SERVER_CA_CERT_PATH?: string | undefined;
  readonly TEMPORAL_TLS_SERVER_NAME?: string | undefined;
  readonly TEMPORAL_TLS_CLIENT_CERT_PATH?: string | undefined;
  readonly TEMPORAL_TLS_CLIENT_KEY_PATH?: string | undefined;
  readonly TEMPORAL_API_KEY_FILE?: string | undefined;
};

/** Options that need TLS: certificates have no meaning without it, and a key must not travel in the clear. */
const needTls = [
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_API_KEY_FILE',
] as const;

export function hasTls(options: TemporalTlsOptions): boolean {
  return options.TEMPORAL_TLS === 'true' || needTls.some((name) => options[name] !== undefined);
}

/** Options that are set without an option they need, each with the missing one. */
export function temporalTlsGaps(options: TemporalTlsOptions): readonly (readonly [option: string, message: string])[] {
  const { TEMPORAL_TLS_CLIENT_CERT_PATH: certificate, TEMPORAL_TLS_CLIENT_KEY_PATH: key } = options;
  const inTheClear = options.TEMPORAL_TLS === 'false' ? needTls.filter((name) => options[name] !== undefined) : [];
  return [
    ...inTheClear.map((name) => [name, 'needs TLS, which TEMPORAL_TLS=false turns off'] as const),
    ...(certificate !== undefined && key === undefined
      ? [['TEMPORAL_TLS_CLIENT_KEY_PATH', 'is missing: TEMPORAL_TLS_CLIENT_CERT_PATH needs it'] as const]
      : []),
    ...(certificate === undefined && key !== undefined
      ? [['TEMPORAL_TLS_CLIENT_CERT_PATH', 'is missing: TEMPORAL_TLS_CLIENT_KEY_PATH needs it'] as const]
      : []),
  ];
}

/** @throws Error when the environment wants TLS of a server that it does not name: the one that `npm start` brings speaks in the clear */
export function refuseTlsOfNobody(environment: Readonly<Record<string, string | undefined>>): void {
  if (environment['TEMPORAL_ADDRESS']) return;
  const given = [
    ...(environment['TEMPORAL_TLS'] === 'true' ? ['TEMPORAL_TLS'] : []),
    ...needTls.filter((name) => environment[name]),
  ];
  if (given.length > 0) throw new Error(`${given.join(', ')}: set TEMPORAL_ADDRESS as well, or remove it`);
}
