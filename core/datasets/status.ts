/** `created`: no version yet. `archived`: no new versions and no new jobs; what exists can be read. */
export const datasetStatuses = ['created', 'active', 'archived'] as const;
export type DatasetStatus = (typeof datasetStatuses)[number];

const next: Readonly<Record<DatasetStatus, readonly DatasetStatus[]>> = {
  created: ['active', 'archived'],
  active: ['archived'],
  archived: ['active'],
};

export function mayBecome(from: DatasetStatus, to: DatasetStatus): boolean {
  return next[from].includes(to);
}
