import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isOip } from '../../api/http/problems.ts';

type Operation = {
  readonly path: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
};

/** Throws when an answer does not match the served document. */
export type Contract = (method: string, path: string, response: Response, text: string) => void;

const undocumented = /^\/(?:openapi\.json|docs(?:\/.*)?)?$/;
const noOperation: ReadonlySet<number> = new Set([400, 403, 404, 405]);

function operationsOf(document: Record<string, unknown>): readonly Operation[] {
  const paths = document['paths'] as Record<string, Record<string, Pick<Operation, 'responses'>>>;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) => {
      // A file's path is the only parameter that may contain slashes.
      const source = path
        .replaceAll('.', '\\.')
        .replaceAll('{path}', '.+')
        .replaceAll(/\{\w+\}/g, '[^/]+');
      return { path, method, pattern: new RegExp(`^${source}$`), responses };
    }),
  );
}

export async function readContract(url: string): Promise<Contract> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Record<string, unknown>;
  const operations = operationsOf(document);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  const compiled = new Map<string, ValidateFunction>();

  function validator(pointer: string): ValidateFunction {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `api#${pointer}` });
    compiled.set(pointer, known);
    return known;
  }

  function check(what: string, pointer: string, text: string): void {
    const validate = validator(pointer);
    if (!validate(JSON.parse(text)))
      throw new Error(`${what} breaks ${pointer}: ${ajv.errorsText(validate.errors)}\n${text}`);
  }

  return (method, path, response, text) => {
    const what = `${method} ${path} → ${response.status}`;
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    // A literal path hides the patterns that also match it.
    const here = operations.filter((one) => one.path === path);
    const operation = (here.length > 0 ? here : operations).find(
      (one) => one.method === method.toLowerCase() && one.pattern.test(path),
    );
    if (operation === undefined) {
      if (undocumented.test(path)) return;
      if (!noOperation.has(response.status)) throw new Error(`${what} is not in the document`);
      const schema = isOip(path) ? 'InferError' : 'Problem';
      if (method !== 'HEAD') check(what, `/components/schemas/${schema}`, text);
      return;
    }
    const documented = operation.responses[String(response.status)];
    if (documented === undefined) throw new Error(`${what}: this status is not in the document\n${text}`);
    if (text === '') return;
    if (documented.content?.[type] === undefined) throw new Error(`${what}: ${type} is not in the document`);
    if (!type.endsWith('json')) return;
    const parts = ['paths', operation.path, operation.method, 'responses', String(response.status), 'content', type];
    const pointer = parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    check(what, `/${pointer}/schema`, text);
  };
}
