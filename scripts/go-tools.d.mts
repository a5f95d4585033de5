export function goTool(root: string, name: 'versitygw' | 'ec2-metadata-mock' | 'fake-gcs-server'): string;
