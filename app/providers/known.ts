import type { CatalogsRepository, ProviderRecord, ProvidersRepository } from '../../store/types.ts';

/**
 * The providers by their last check, and by the last refresh of their offers if that met a refusal of the credentials:
 * a check follows each minute, a refused refresh is known at once.
 */
export async function knownProviders({
  providers,
  catalogs,
}: {
  readonly providers: Pick<ProvidersRepository, 'list'>;
  readonly catalogs: Pick<CatalogsRepository, 'list'>;
}): Promise<readonly ProviderRecord[]> {
  const [rows, ages] = await Promise.all([providers.list(), catalogs.list()]);
  const refusals = new Map(
    ages.flatMap(({ provider, problem, problemType }) =>
      problemType === 'auth' && problem !== null ? [[provider, problem] as const] : [],
    ),
  );
  return rows.map((row) => {
    const message = refusals.get(row.name);
    return message === undefined || !row.usable ? row : { ...row, usable: false, problem: 'credentials', message };
  });
}
