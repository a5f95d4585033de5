import { z } from 'zod';
import { complain } from './error-text.ts';
import { pause } from './pause.ts';

const lookEveryMs = 500;
/** The service is on the machine's own host, or not there at all. */
const requestTimeoutMs = 1500;
const tokenSeconds = 21_600;

/** Paths of AWS's metadata service, version 2 (docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html). */
const paths = {
  token: '/latest/api/token',
  action: '/latest/meta-data/spot/instance-action',
  rebalance: '/latest/meta-data/events/recommendations/rebalance',
} as const;
const actionSchema = z.object({ action: z.string(), time: z.iso.datetime({ offset: true }) });
const rebalanceSchema = z.object({ noticeTime: z.iso.datetime({ offset: true }) });

/** Where the machine can learn of itself; null where there is no such place. */
export function metadataUrlOf(environment: NodeJS.ProcessEnv): string | null {
  return environment['ARTENIC_METADATA_URL'] ?? environment['SIMULATED_METADATA_URL'] ?? null;
}

/** Says something once; whoever listens later hears it at once. */
class Word<T> {
  #said: T | null = null;
  readonly #listeners: ((value: T) => void)[] = [];

  get isSaid(): boolean {
    return this.#said !== null;
  }
  say(value: T): void {
    if (this.#said !== null) return;
    this.#said = value;
    for (const listener of this.#listeners) listener(value);
  }
  listen(listener: (value: T) => void): void {
    this.#listeners.push(listener);
    if (this.#said !== null) listener(this.#said);
  }
}

/** Looks twice a second whether the provider takes the machine back. */
export class Notices {
  readonly #baseUrl: string | null;
  readonly #end = new AbortController();
  readonly #notice = new Word<Date>();
  readonly #rebalance = new Word<Date>();
  #token: string | null = null;
  #hasComplained = false;

  constructor(baseUrl: string | null) {
    this.#baseUrl = baseUrl;
    if (baseUrl !== null) void this.#run();
  }

  /** Heard from elsewhere. */
  hear(deadline: Date): void {
    this.#notice.say(deadline);
  }

  /** The machine ends then. */
  onNotice(listener: (deadline: Date) => void): void {
    this.#notice.listen(listener);
  }

  /** It is more likely than usual that the machine will be taken back; no time is set. */
  onRebalance(listener: (since: Date) => void): void {
    this.#rebalance.listen(listener);
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted && !this.#notice.isSaid) {
      await this.look();
      await pause(lookEveryMs, this.#end.signal);
    }
  }

  /** One look, which never fails: a service that is away says nothing. */
  async look(): Promise<void> {
    if (this.#baseUrl === null || this.#notice.isSaid) return;
    try {
      const action = await this.#read(paths.action, actionSchema);
      if (action !== null) this.#notice.say(new Date(action.time));
      if (this.#rebalance.isSaid) return;
      const rebalance = await this.#read(paths.rebalance, rebalanceSchema);
      if (rebalance !== null) this.#rebalance.say(new Date(rebalance.noticeTime));
    } catch (error) {
      if (!this.#hasComplained) complain('asking the metadata service', error);
      this.#hasComplained = true;
    }
  }

  /** Null when there is nothing (404). */
  async #read<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T> | null> {
    this.#token ??= await this.#newToken();
    let response = await this.#get(path, this.#token);
    if (response.status === 401) {
      this.#token = await this.#newToken();
      response = await this.#get(path, this.#token);
    }
    const text = await response.text();
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    return schema.parse(JSON.parse(text));
  }

  #get(path: string, token: string): Promise<Response> {
    return fetch(`${this.#baseUrl}${path}`, {
      headers: { 'x-aws-ec2-metadata-token': token },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
  }

  async #newToken(): Promise<string> {
    const response = await fetch(`${this.#baseUrl}${paths.token}`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${paths.token} answers ${response.status}`);
    return text;
  }

  stop(): void {
    this.#end.abort();
  }
}
