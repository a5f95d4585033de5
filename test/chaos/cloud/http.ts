/** An answer that a retry would not change. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(`${status}: ${message}`);
    this.status = status;
  }
}

/** True when the address answers with success, else null. */
export async function answers(url: string): Promise<true | null> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok ? true : null;
  } catch {
    return null;
  }
}

type Answer = { readonly status: number; readonly text: string; readonly type: string };

/** A single call; null when no answer arrived. */
export async function ask(
  url: string,
  method: string,
  key: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  timeoutMs = 10_000,
): Promise<Answer | null> {
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const type = /"type":\s*"[^"]*?([a-z-]+)"/.exec(text)?.[1] ?? '';
    return { status: response.status, text, type };
  } catch {
    return null;
  }
}
