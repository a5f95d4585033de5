import { z } from 'zod';
import { requestTimeoutMs, type NoticeProtocol, type Said } from './protocol.ts';

const tokenSeconds = 21_600;

/**
 * Paths of AWS's metadata service, version 2
 * (docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
 */
const paths = {
  token: '/latest/api/token',
  action: '/latest/meta-data/spot/instance-action',
  rebalance: '/latest/meta-data/events/recommendations/rebalance',
} as const;
const actionSchema = z.object({ action: z.string(), time: z.iso.datetime({ offset: true }) });
const rebalanceSchema = z.object({ noticeTime: z.iso.datetime({ offset: true }) });

/** Notice protocol of Amazon EC2 and of clouds that imitate it. */
export function openAws(baseUrl: string): NoticeProtocol {
  return new AwsMetadata(baseUrl);
}

class AwsMetadata implements NoticeProtocol {
  readonly #baseUrl: string;
  #token: string | null = null;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  async look(): Promise<Said> {
    const action = await this.#read(paths.action, actionSchema);
    if (action !== null) return { notice: new Date(action.time), rebalance: null };
    const rebalance = await this.#read(paths.rebalance, rebalanceSchema);
    return { notice: null, rebalance: rebalance === null ? null : new Date(rebalance.noticeTime) };
  }

  /** Null if the document does not exist (404). */
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
}
