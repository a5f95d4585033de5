import { rejected } from './rejected.ts';

/** Result of scanning bytes as pickles. */
export type PickleReport = {
  /** Number of complete pickles, one behind the other. */
  readonly pickles: number;
  /** True when no bytes are left behind them. */
  readonly whole: boolean;
  /** True when an opcode calls an imported object, even in a pickle that breaks off later. */
  readonly calls: boolean;
  /** True for extension codes: they stand for imports that only the loading process knows. */
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
  // A name with a dot may reach anything that the module itself imports.
  return !name.includes('.') && allowed.some((one) => module === one || module.startsWith(`${one}.`));
}

/**
 * Refuses a pickle whose imports are not allowed.
 * @param isDeclared whether its format or its name says that it is a pickle; other bytes may look like the start of one
 * @param isTorch PyTorch reads the pickles of its older format and no more
 * @param allowed modules that the operator trusts, with everything importable from them
 * @throws ArtenicError `model-rejected` that names the code that would run on opening
 */
export function judgePickle(
  report: PickleReport,
  { isDeclared, isTorch, allowed }: { isDeclared: boolean; isTorch: boolean; allowed: readonly string[] },
): void {
  const wrong = report.imports.filter((one) => !isAllowed(one, allowed));
  const isOne = isDeclared || report.pickles > 0 || report.calls;
  if (isOne && report.extensions) throw rejected('It uses pickle extension codes, which can mean anything.');
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
