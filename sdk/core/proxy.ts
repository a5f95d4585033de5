/** This machine, and the link-local addresses of the clouds' metadata services. */
const alwaysDirect = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254(?:\.\d{1,3}){2}|\[fe80:.*\])$/i;
const variables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Loaded on demand: few installations use a proxy, and loading takes time. */
async function openProxy(env: Environment): Promise<(url: URL, init: RequestInit | undefined) => Promise<Response>> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({
    // No tunnel for plain HTTP: most proxies allow tunnels only to port 443.
    proxyTunnel: false,
    httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
    httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
    noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
  });
  // Both types declare the same standard.
  const send = fetch as unknown as (url: URL, init: object) => Promise<Response>;
  return (url, init) => send(url, { ...init, dispatcher });
}

/**
 * A `fetch` that honours `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` as curl does; Node's own does not. Requests to this
 * machine bypass the proxy.
 */
export function fetchByEnvironment(env: Environment = process.env): typeof fetch {
  if (variables.every((name) => (env[name] ?? '') === '')) return fetch;
  let proxy: ReturnType<typeof openProxy> | null = null;
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (alwaysDirect.test(url.hostname)) return fetch(input, init);
    proxy ??= openProxy(env);
    return (await proxy)(url, init);
  };
}
