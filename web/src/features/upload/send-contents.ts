import { backOffMs, contentsAnswerSchema, type SignedObjectRequest } from '@artenic/core';
import { ApiError, callApi, toApiError } from '../../lib/api.ts';
import { putContent } from '../../lib/upload.ts';
import type { Gate } from './gate.ts';

const [sentAtOnce, asked, mostTries] = [6, 1000, 5] as const;
const betweenTriesMs = { first: 500, most: 8000 };

/** A content that is to be stored. */
export type Content = { readonly path: string; readonly file: File; readonly sha256: string };
export type SendEvents = {
  /** The server has it already. */
  readonly onStored: (content: Content) => void;
  readonly onSent: (content: Content) => void;
  /** The share of a content that has been sent; null when it is no longer being sent. */
  readonly onShare: (content: Content, share: number | null) => void;
};

const isWorthRepeating = ({ status }: ApiError): boolean => status === 0 || status === 429 || status >= 500;

/**
 * Where a content goes. The page may connect to its own origin only, so a request that is signed for an object storage
 * elsewhere is replaced by the API's own.
 */
function addressOf(sha256: string, request: SignedObjectRequest): string {
  const isOwn = new URL(request.url).origin === location.origin;
  return isOwn ? request.url : `/api/v1/objects/data/${sha256}`;
}

async function sendOne(content: Content, request: SignedObjectRequest, gate: Gate, events: SendEvents): Promise<void> {
  const { file, sha256, path } = content;
  for (let tries = 0; ;) {
    const signal = await gate.open();
    events.onShare(content, 0);
    try {
      await putContent(addressOf(sha256, request), file, (share) => events.onShare(content, share), signal);
      events.onSent(content);
      return;
    } catch (cause) {
      // Paused: it is sent again afterwards.
      if (signal.aborted) continue;
      const error = toApiError(cause);
      tries++;
      if (tries >= mostTries || !isWorthRepeating(error)) {
        const { status, title, message, requestId, problem } = error;
        throw new ApiError({ status, title, requestId, problem, detail: `${path}: ${message}` });
      }
      await new Promise((done) => {
        window.setTimeout(done, backOffMs(tries, betweenTriesMs));
      });
    } finally {
      events.onShare(content, null);
    }
  }
}

/** Asks which contents the server lacks and sends those, several at once. The first failure ends it. */
export async function sendContents(contents: readonly Content[], gate: Gate, events: SendEvents): Promise<void> {
  const byHash = new Map(contents.map((content) => [content.sha256, content]));
  const unique = [...byHash.values()];
  for (let from = 0; from < unique.length; from += asked) {
    const some = unique.slice(from, from + asked);
    await gate.open();
    const { missing } = await callApi('/api/v1/dataset-contents/missing', contentsAnswerSchema, {
      method: 'POST',
      json: { contents: some.map(({ sha256, file }) => ({ sha256, bytes: file.size })) },
    });
    const lacking = new Map(missing.map(({ sha256, request }) => [sha256, request]));
    for (const content of some) if (!lacking.has(content.sha256)) events.onStored(content);
    await gate.eachAtOnce(sentAtOnce, [...lacking], async ([sha256, request]) => {
      const content = byHash.get(sha256);
      if (content !== undefined) await sendOne(content, request, gate, events);
    });
  }
}
