/** Queue for work on the files of datasets: its workers fetch files and read them. */
export const dataQueue = 'data';

export type ProfileDatasetInput = { readonly datasetId: string; readonly version: number };

export const profileDatasetWorkflowId = (datasetId: string, version: number): string =>
  `dataset/${datasetId}/v${version}`;
