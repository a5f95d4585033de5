import { expect, test } from '@jest/globals';
import { withSingleTypes } from '../../api/single-types.ts';
import { openApiDocument } from '../../scripts/generate.ts';
import { faultsForGenerators } from './readable-document.ts';

test('generators of clients can read all of the document', () => {
  expect(faultsForGenerators(JSON.parse(openApiDocument()))).toEqual([]);
});

const nullOr = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const schemas = (found: object) => ({ components: { schemas: { Found: found } }, paths: {} });
const operation = (operationId?: string) => ({ responses: {}, ...(operationId === undefined ? {} : { operationId }) });
const object = (properties: object) => ({ type: 'object', properties });
const text = { type: 'string' };

test.each<readonly [string, object, RegExp]>([
  ['an array without items', schemas({ type: 'array' }), /without items/],
  ['a list of types', schemas(object({ a: { type: ['string', 'null'] } })), /lists types/],
  ['null in a list of values', schemas({ anyOf: [{ ...text, enum: ['a', null] }] }), /values/],
  ['values without a type', schemas({ enum: ['a'] }), /values/],
  ['a constant without a type', schemas({ const: 'a' }), /constant/],
  ['null as 3.0 writes it', schemas({ ...text, nullable: true }), /nullable/],
  ['null alone', schemas(object({ a: { type: 'null' } })), /null alone/],
  ['properties without a type', schemas({ properties: { a: text } }), /properties without/],
  ['a union of objects without names', schemas({ anyOf: [object({ a: text }), object({ b: text })] }), /without names/],
  ['keywords that are left out', schemas({ type: 'array', items: {}, prefixItems: [text] }), /prefixItems/],
  ['a reference to nothing', schemas({ $ref: '#/components/schemas/Absent' }), /nowhere/],
  [
    'two shapes of one name',
    { components: { schemas: { Job: object({ spec: object({}) }), JobSpec: object({}) } }, paths: {} },
    /JobSpec is also/,
  ],
  ['an operation without a name', { paths: { '/a': { get: operation() } } }, /no operationId/],
  [
    'a parameter that may be null',
    { paths: { '/a': { get: { ...operation('getA'), parameters: [{ name: 'p', schema: nullOr(text) }] } } } },
    /may be null/,
  ],
  [
    'two operations of one name',
    { paths: { '/a': { get: operation('getA') }, '/b': { get: operation('getA') } } },
    /the operationId of/,
  ],
])('%s is found', (_what, document, words) => {
  expect(faultsForGenerators(document)).toEqual([expect.stringMatching(words)]);
});

test('a list of types becomes a union that keeps what the schema says', () => {
  const list = { type: ['array', 'null'], items: { type: ['integer', 'null'] }, description: 'Some.', default: null };
  expect(withSingleTypes(list)).toEqual({
    description: 'Some.',
    default: null,
    anyOf: [{ type: 'array', items: { anyOf: [{ type: 'integer' }, { type: 'null' }] } }, { type: 'null' }],
  });
  expect(withSingleTypes({ type: ['string', 'null'], enum: ['a', null] })).toEqual({
    anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }],
  });
  expect(withSingleTypes({ type: ['string', 'number', 'boolean', 'object', 'array', 'null'] })).toEqual({});
  expect(() => withSingleTypes({ type: ['string', 'number'] })).toThrow('write a union');
});
