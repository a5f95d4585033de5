type Node = Readonly<Record<string, unknown>>;
type Place = { readonly pointer: string; readonly name: string };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const nodeAt = (node: Node, key: string): Node => (isNode(node[key]) ? node[key] : {});
const listAt = (node: Node, key: string): readonly Node[] => (Array.isArray(node[key]) ? node[key].filter(isNode) : []);

/** Name of a class, as generators form it. */
const className = (...parts: readonly string[]): string =>
  parts
    .join('_')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');

/** Keywords of OpenAPI 3.1 that most generators ignore or replace by any type. */
const unread = [
  'nullable',
  'prefixItems',
  'patternProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
];
const unions = ['anyOf', 'oneOf', 'allOf'];

class Reader {
  readonly faults: string[] = [];
  readonly #classes = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  readonly #root: Node;

  constructor(root: Node) {
    this.#root = root;
  }

  #claim({ pointer, name }: Place): void {
    const earlier = this.#classes.get(name);
    if (earlier !== undefined && earlier !== pointer)
      this.faults.push(`${pointer}: ${name} is also the name of ${earlier}`);
    this.#classes.set(name, pointer);
  }

  #checkType(schema: Node, { pointer }: Place, isMember: boolean): void {
    const { type } = schema;
    const tell = (what: string) => this.faults.push(`${pointer}: ${what}`);
    if (Array.isArray(type)) tell('lists types');
    if (type === 'array' && !isNode(schema['items'])) tell('array without items');
    if (type === 'null' && !isMember) tell('null alone');
    if (Array.isArray(schema['enum']) && (schema['enum'].includes(null) || typeof type !== 'string'))
      tell('values without one type');
    if (schema['const'] !== undefined && typeof type !== 'string') tell('a constant without a type');
    if (type === undefined && isNode(schema['properties'])) tell('properties without a type');
    for (const key of unread) if (key in schema) tell(key);
  }

  #readUnion(members: readonly Node[], { pointer, name }: Place, discriminator: unknown): void {
    const others = members.filter(({ type }) => type !== 'null');
    if (members.length - others.length > 1) this.faults.push(`${pointer}: null twice`);
    const hasObjects = others.some(({ type }) => type === 'object');
    if (others.length > 1 && hasObjects && discriminator === undefined)
      this.faults.push(`${pointer}: a union of objects without names`);
    for (const [index, member] of members.entries()) {
      const inner = { pointer: `${pointer}/${index}`, name: className(name, `type_${index}`) };
      if (member['type'] === 'object') this.#claim(inner);
      this.#readSchema(member, inner, true);
    }
  }

  #readSchema(schema: Node, place: Place, isMember = false): void {
    const { pointer, name } = place;
    if (typeof schema['$ref'] === 'string') {
      const target = schema['$ref'].split('/').slice(1).reduce(nodeAt, this.#root);
      if (Object.keys(target).length === 0) this.faults.push(`${pointer}: leads nowhere`);
      return;
    }
    this.#checkType(schema, place, isMember);
    if ((schema['type'] === 'object' && !isMember) || Array.isArray(schema['enum'])) this.#claim(place);
    for (const key of unions)
      this.#readUnion(listAt(schema, key), { pointer: `${pointer}/${key}`, name }, schema['discriminator']);
    for (const [key, inner] of Object.entries(nodeAt(schema, 'properties')))
      if (isNode(inner))
        this.#readSchema(inner, { pointer: `${pointer}/properties/${key}`, name: className(name, key) });
    for (const [key, suffix] of [
      ['items', 'item'],
      ['additionalProperties', 'additional_property'],
    ] as const)
      if (isNode(schema[key]))
        this.#readSchema(schema[key], { pointer: `${pointer}/${key}`, name: className(name, suffix) });
  }

  #readContent(content: Node, { pointer, name }: Place): void {
    for (const [type, media] of Object.entries(content))
      if (isNode(media)) this.#readSchema(nodeAt(media, 'schema'), { pointer: `${pointer}/${type}`, name });
  }

  readComponent(name: string, schema: Node): void {
    this.#readSchema(schema, { pointer: `/components/schemas/${name}`, name: className(name) });
  }

  readOperation(pointer: string, operation: Node): void {
    const id = typeof operation['operationId'] === 'string' ? operation['operationId'] : '';
    const earlier = this.#ids.get(id.toLowerCase());
    if (!/^[a-z][A-Za-z0-9]*$/.test(id)) this.faults.push(`${pointer}: no operationId that can be a name`);
    else if (earlier !== undefined) this.faults.push(`${pointer}: the operationId of ${earlier}`);
    this.#ids.set(id.toLowerCase(), pointer);
    for (const parameter of listAt(operation, 'parameters')) {
      const name = String(parameter['name']);
      const schema = nodeAt(parameter, 'schema');
      if (listAt(schema, 'anyOf').some(({ type }) => type === 'null'))
        this.faults.push(`${pointer} ${name}: may be null`);
      this.#readSchema(schema, { pointer: `${pointer} ${name}`, name: className(id, name) });
    }
    const body = nodeAt(nodeAt(operation, 'requestBody'), 'content');
    this.#readContent(body, { pointer: `${pointer} body`, name: className(id, 'body') });
    for (const [status, response] of Object.entries(nodeAt(operation, 'responses'))) {
      const place = { pointer: `${pointer} ${status}`, name: className(id, 'response', status) };
      if (isNode(response)) this.#readContent(nodeAt(response, 'content'), place);
    }
  }
}

/** Parts of a document that a client generator would ignore or misread, each with its place. */
export function faultsForGenerators(document: unknown): readonly string[] {
  const root = isNode(document) ? document : {};
  const reader = new Reader(root);
  for (const [name, schema] of Object.entries(nodeAt(nodeAt(root, 'components'), 'schemas')))
    if (isNode(schema)) reader.readComponent(name, schema);
  for (const [path, operations] of Object.entries(nodeAt(root, 'paths')))
    for (const [method, operation] of Object.entries(isNode(operations) ? operations : {}))
      if (isNode(operation)) reader.readOperation(`${method} ${path}`, operation);
  return reader.faults;
}
