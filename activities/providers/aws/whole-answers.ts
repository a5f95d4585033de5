import type * as Sdk from '@aws-sdk/client-ec2';

/** Error for a document without the end of its root element. */
class CutOffAnswer extends Error {
  override readonly name = 'CutOffAnswer';
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(status: number) {
    super('the document is cut off');
    this.$metadata = { httpStatusCode: status };
  }
}

type Body = Uint8Array | AsyncIterable<Uint8Array>;

async function bytesOf(body: Body): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function isWhole(text: string): boolean {
  const root = /<([A-Za-z]\w*)[\s>]/.exec(text)?.[1];
  return root !== undefined && text.trimEnd().endsWith(`</${root}>`);
}

/**
 * Makes the client throw for cut-off answers. The SDK's parser accepts a partial document, so the missing part of a
 * list would look like absent instances.
 */
export function refuseCutOffAnswers(client: Sdk.EC2Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { readonly statusCode: number; body?: Body };
      if (response.statusCode >= 300 || response.body === undefined) return result;
      const bytes = await bytesOf(response.body);
      if (!isWhole(Buffer.from(bytes).toString('utf8'))) throw new CutOffAnswer(response.statusCode);
      response.body = bytes;
      return result;
    },
    // runs before the SDK's parser
    { step: 'deserialize', priority: 'low', name: 'refuseCutOffAnswers' },
  );
}
