/** Every provider there is an adapter for, and how it is configured. */
export const knownProviders: readonly { readonly name: string; readonly configuredBy: string }[] = [
  { name: 'local', configuredBy: 'It is there wherever a worker runs: `npm start`.' },
  {
    name: 'simulated',
    configuredBy:
      'Start one with `npm run cloud:simulated`, then set ARTENIC_SIMULATED_CLOUD_URL and ARTENIC_SIMULATED_CLOUD_KEY for the worker.',
  },
  {
    name: 'aws',
    configuredBy:
      'Set ARTENIC_AWS_REGIONS and give the worker AWS credentials; docs/providers/aws.md says which rights.',
  },
];
