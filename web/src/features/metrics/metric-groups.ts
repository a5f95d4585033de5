export type MetricGroup = {
  /** Full names of its metrics. */
  readonly title: string;
  /** Name of the vertical axis: the part that its metrics share. */
  readonly quantity: string;
  readonly names: readonly string[];
};

/** Groups names that belong in one chart, such as `loss` and `val_loss`. */
export function metricGroups(names: readonly string[]): readonly MetricGroup[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const base = name.replace(/^(?:val|train|test)[_/]/, '');
    groups.set(base, [...(groups.get(base) ?? []), name]);
  }
  return [...groups].map(([base, members]) => ({
    title: members.join(', '),
    quantity: members.length === 1 ? (members[0] ?? base) : base,
    names: members,
  }));
}
