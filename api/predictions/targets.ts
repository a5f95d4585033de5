import { ArtenicError } from '../../core/errors.ts';
import type { ModelVersionRecord } from '../../store/types.ts';
import type { ApiDeps } from '../deps.ts';

/** An answer is read again after this time, even without news from the database. */
const longestMs = 1000;
const maxEntries = 10_000;
/** Topic of the events that can change which version answers. Jobs and attempts, whose events are frequent, cannot. */
const modelsTopic = 'models';

type Entry = { readonly version: Promise<ModelVersionRecord>; readonly untilMs: number };

async function read(
  { store }: ApiDeps,
  projectId: string,
  name: string,
  version: number | null,
): Promise<ModelVersionRecord> {
  const { models } = store;
  const found =
    version === null ? await models.production(projectId, name) : await models.getVersion(projectId, name, version);
  if (found === null) {
    await models.get(projectId, name);
    throw new ArtenicError('conflict', `No version of ${name} is in production: promote one, or name a version.`);
  }
  if (found.stage === 'retired') throw new ArtenicError('conflict', `Version ${found.version} of ${name} is retired.`);
  return found;
}

/** The version that answers for a model, kept in memory until a change of models is committed. */
class Targets {
  readonly #deps: ApiDeps;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: ApiDeps) {
    this.#deps = deps;
    deps.onEvents((topic) => {
      if (topic === null || topic === modelsTopic) this.forget();
    });
  }

  readonly forget = (): void => this.#entries.clear();

  find(projectId: string, name: string, version: number | null): Promise<ModelVersionRecord> {
    const key = `${projectId}\n${name}\n${version ?? ''}`;
    const known = this.#entries.get(key);
    const nowMs = performance.now();
    if (known !== undefined && nowMs < known.untilMs) return known.version;
    if (this.#entries.size >= maxEntries) this.#entries.clear();
    const entry = { version: read(this.#deps, projectId, name, version), untilMs: nowMs + longestMs };
    this.#entries.set(key, entry);
    // Errors are not kept. A version that was read before a change is dropped with its entry.
    entry.version.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.version;
  }
}

const all = new WeakMap<ApiDeps, Targets>();

function targetsOf(deps: ApiDeps): Targets {
  const known = all.get(deps) ?? new Targets(deps);
  all.set(deps, known);
  return known;
}

/**
 * The version that answers: the named version, or the version in production.
 * @throws ArtenicError `not-found`, `conflict`
 */
export function findTarget(
  deps: ApiDeps,
  projectId: string,
  name: string,
  version: number | null,
): Promise<ModelVersionRecord> {
  return targetsOf(deps).find(projectId, name, version);
}

/** Call this after a change of stages, so that the next request of this process sees it. */
export function forgetTargets(deps: ApiDeps): void {
  targetsOf(deps).forget();
}
