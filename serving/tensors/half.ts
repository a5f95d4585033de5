import { getFloat16, setFloat16 } from '@petamoriken/float16';

const view = new DataView(new ArrayBuffer(2));

/** The nearest IEEE 754 half-precision number, ties to even, as its bits. Node 22 has no Float16Array. */
export function toHalf(value: number): number {
  setFloat16(view, 0, value);
  return view.getUint16(0);
}

export function fromHalf(bits: number): number {
  view.setUint16(0, bits);
  return getFloat16(view, 0);
}
