import { rejected } from './rejected.ts';

/** What a look at bytes as pickles came to. */
export type PickleReport = {
  /** How many came to their end, one behind the other. */
  readonly pickles: number;
  /** Whether nothing is left behind them. */
  readonly whole: boolean;
  /** Whether anything calls what was imported, also in a pickle that breaks off later. */
  readonly calls: boolean;
  /** Extension codes stand for imports that only the loading process knows. */
  readonly extensions: boolean;
  /** PyTorch's older format: five pickles, then numbers. */
  readonly legacy: boolean;
  readonly imports: readonly (readonly [module: string, name: string, safety: string])[];
};

const legacyPickles = 5;
const shown = 5;

function isAllowed([module, name, safety]: PickleReport['imports'][number], allowed: readonly string[]): boolean {
  if (safety === 'innocuous') return true;
  if (safety !== 'suspicious') return false;
  // with a dot it may go on to whatever the module itself imports
  return !name.includes('.') && allowed.some((one) => module === one || module.startsWith(`${one}.`));
}

/**
 * @param isDeclared whether its format or its name says that it is a pickle; other bytes may look like the start of one
 * @param isTorch PyTorch reads the pickles of its older format and no more
 * @param allowed modules of which the operator trusts all that can be imported
 * @throws ArtenicError `model-rejected` that names what opening it would run
 */
export function judgePickle(
  report: PickleReport,
  { isDeclared, isTorch, allowed }: { isDeclared: boolean; isTorch: boolean; allowed: readonly string[] },
): void {
  const wrong = report.imports.filter((one) => !isAllowed(one, allowed));
  const isOne = isDeclared || report.pickles > 0 || report.calls;
  if (isOne && report.extensions) throw rejected('It uses pickle extension codes, which can stand for anything.');
  if (isOne && wrong.length > 0) {
    const names = wrong.slice(0, shown).map(([module, name]) => `${module}.${name}`);
    const advice = wrong.every(([, , safety]) => safety === 'suspicious')
      ? ' An operator who trusts these modules names them in ARTENIC_PICKLE_MODULES.'
      : '';
    throw rejected(`Opening it could run code: it imports ${names.join(', ').slice(0, 500)}.${advice}`);
  }
  const isLegacy = isTorch && report.legacy && report.pickles >= legacyPickles;
  if (isDeclared && !report.whole && !isLegacy)
    throw rejected('It is a Python pickle that is cut short, or has something behind it that cannot be read.');
}
