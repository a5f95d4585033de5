/** A node of a program in the form of `rolldown/parseAst` (ESTree). */
export type ProgramNode = { readonly type: string; readonly [key: string]: unknown };

export const isProgramNode = (value: unknown): value is ProgramNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** The node itself, then all nodes below it, in source order. */
export function* nodesBelow(node: ProgramNode): Generator<ProgramNode> {
  yield node;
  for (const value of Object.values(node))
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      if (isProgramNode(one)) yield* nodesBelow(one);
}
