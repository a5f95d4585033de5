import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Values that the proxy reports for an instance instead of moto's. */
export type Retouch = {
  /** State of an instance that moto reports as alive. */
  readonly state?: string;
  readonly stateReason?: string | null;
  readonly transitionReason?: string;
  readonly spotRequest?: { readonly code: string; readonly updatedAt: string };
};

export type RetouchingProxy = {
  readonly url: string;
  readonly retouches: Map<string, Retouch>;
  /** As EC2 does and moto does not: a create with a known token gets the answer of the first create with that token. */
  honoursTokens: boolean;
  /** Number of next creates that are sent twice. */
  createsToDouble: number;
  /** Number of next answers with an unknown state, for requests that describe an instance or list instances. */
  readonly unknownStates: { describe: number; list: number };
  /** Actions of all requests. */
  readonly requests: string[];
  /** The proxy goes down permanently after the next create. */
  diesAfterCreate: boolean;
  readonly close: () => Promise<void>;
};

type Answer = { readonly status: number; readonly type: string; readonly text: string };

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function replaceElement(text: string, name: string, content: string): string {
  return text.replace(new RegExp(`<${name}\\s*/>|<${name}>[\\s\\S]*?</${name}>`), `<${name}>${content}</${name}>`);
}

const requestIdOf = (instanceId: string): string => `sir-${instanceId.slice(2, 10)}`;

function retouchItem(item: string, id: string, retouch: Retouch): string {
  const isGone = item.includes('<name>terminated</name>');
  let text = item;
  if (retouch.state !== undefined && !isGone) {
    text = text.replace(/<instanceState>[\s\S]*?<\/instanceState>/, (state) =>
      replaceElement(state, 'name', retouch.state ?? ''),
    );
  }
  if (retouch.stateReason !== undefined && isGone) {
    const reason = retouch.stateReason === null ? '' : `<code>${retouch.stateReason}</code>`;
    text = replaceElement(text, 'stateReason', reason);
  }
  if (retouch.transitionReason !== undefined && isGone) text = replaceElement(text, 'reason', retouch.transitionReason);
  if (retouch.spotRequest === undefined) return text;
  return text.replace(
    '</instanceId>',
    `</instanceId><spotInstanceRequestId>${requestIdOf(id)}</spotInstanceRequestId>`,
  );
}

/** An instance is the `item` element around its `instanceId`; items are nested. */
function retouchInstances(xml: string, retouches: ReadonlyMap<string, Retouch>): string {
  const open: { readonly start: number; id: string | null }[] = [];
  let text = '';
  let copied = 0;
  for (const match of xml.matchAll(/<item>|<\/item>|<instanceId>([^<]+)</g)) {
    const top = open.at(-1);
    if (match[0] === '<item>') open.push({ start: match.index, id: null });
    else if (match[1] !== undefined && top !== undefined) top.id = match[1];
    else if (match[0] === '</item>') {
      open.pop();
      const retouch = top?.id === undefined || top.id === null ? undefined : retouches.get(top.id);
      if (top?.id === undefined || top.id === null || retouch === undefined) continue;
      text += xml.slice(copied, top.start) + retouchItem(xml.slice(top.start, match.index), top.id, retouch);
      copied = match.index;
    }
  }
  return text + xml.slice(copied);
}

function spotRequestsXml(retouches: ReadonlyMap<string, Retouch>, body: string): string {
  const items = [...retouches].flatMap(([id, { spotRequest }]) => {
    if (spotRequest === undefined || !body.includes(requestIdOf(id))) return [];
    const { code, updatedAt } = spotRequest;
    const status = `<status><code>${code}</code><updateTime>${updatedAt}</updateTime></status>`;
    return [`<item><spotInstanceRequestId>${requestIdOf(id)}</spotInstanceRequestId>${status}</item>`];
  });
  return `<?xml version="1.0"?><DescribeSpotInstanceRequestsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><spotInstanceRequestSet>${items.join('')}</spotInstanceRequestSet></DescribeSpotInstanceRequestsResponse>`;
}

async function passOn(upstream: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name) ? [[name, value]] : [],
    ),
  );
  const method = request.method ?? 'GET';
  const answer = await fetch(`${upstream}${request.url}`, {
    method,
    // moto reads the region from the host or the signature; the signature is forwarded.
    headers,
    ...(method === 'GET' ? {} : { body }),
  });
  return { status: answer.status, type: answer.headers.get('content-type') ?? 'text/xml', text: await answer.text() };
}

/**
 * Stands in front of moto and adds features that moto lacks: states and reasons of preempted spot instances,
 * unrequested ends, unknown states, creates that make two instances, and client tokens that keep two creates apart. Its
 * answers are written after AWS's documentation; none was recorded at AWS.
 */
export async function startRetouchingProxy(upstream: string): Promise<RetouchingProxy> {
  const retouches = new Map<string, Retouch>();
  const byToken = new Map<string, Promise<Answer>>();
  let isDown = false;

  const forward = (request: IncomingMessage, body: Buffer): Promise<Answer> => passOn(upstream, request, body);

  function retouch(text: string, body: string): string {
    const kind = body.includes('InstanceId.1=') ? 'describe' : 'list';
    const known = retouchInstances(text, retouches);
    if (proxy.unknownStates[kind] <= 0) return known;
    proxy.unknownStates[kind] -= 1;
    return known.replaceAll('<name>running</name>', '<name>hibernating</name>');
  }

  function create(request: IncomingMessage, raw: Buffer, body: string): Promise<Answer> {
    const token = /(?:^|&)ClientToken=([^&]+)/.exec(body)?.[1];
    if (!proxy.honoursTokens || token === undefined) return forward(request, raw);
    const known = byToken.get(token) ?? forward(request, raw);
    byToken.set(token, known);
    return known;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await bodyOf(request);
    const body = raw.toString('latin1');
    const operation = /(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? '';
    proxy.requests.push(operation);
    if (operation === 'DescribeSpotInstanceRequests') {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(spotRequestsXml(retouches, body));
      return;
    }
    const isCreate = operation === 'RunInstances' && !body.includes('DryRun=true');
    if (isCreate && proxy.diesAfterCreate) isDown = true;
    if (isCreate && proxy.createsToDouble > 0) {
      proxy.createsToDouble -= 1;
      await forward(request, raw);
    }
    const { status, type, text } = await (isCreate ? create(request, raw, body) : forward(request, raw));
    if (isDown) {
      request.socket.destroy();
      return;
    }
    const told = operation === 'DescribeInstances' ? retouch(text, body) : text;
    // microburst needs the content length to cut answers.
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(told) }).end(told);
  }

  const server = createServer((request, response) => {
    if (isDown) {
      request.socket.destroy();
      return;
    }
    answer(request, response).catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: RetouchingProxy = {
    url: `http://127.0.0.1:${address.port}`,
    retouches,
    honoursTokens: false,
    createsToDouble: 0,
    unknownStates: { describe: 0, list: 0 },
    requests: [],
    diesAfterCreate: false,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
