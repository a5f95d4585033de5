/** Datatypes of the Open Inference Protocol v2 by onnxruntime's names. */
const datatypes = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
} as const;
export type Datatype = (typeof datatypes)[keyof typeof datatypes];
export const allDatatypes: readonly Datatype[] = Object.values(datatypes);

const types: ReadonlyMap<string, string> = new Map(Object.entries(datatypes).map(([type, name]) => [name, type]));

export function datatypeOf(type: string): Datatype {
  const name = (datatypes as Readonly<Record<string, Datatype>>)[type];
  if (name === undefined) throw new Error(`${type} has no datatype`);
  return name;
}

/** Undefined for a datatype of the protocol that onnxruntime lacks, such as BF16. */
export function typeOf(datatype: string): string | undefined {
  return types.get(datatype);
}
