/** Every page of the dashboard with content from `fill`, and its title. */
export function routesOf({
  jobId,
  paidJobId,
}: {
  readonly jobId: string;
  readonly paidJobId: string;
}): readonly (readonly [path: string, title: string])[] {
  return [
    ['/', 'Overview – Artenic'],
    ['/jobs', 'Training – Artenic'],
    ['/jobs/new', 'Training · dispatch – Artenic'],
    [`/jobs/${jobId}`, `Training · penguins #1 ${jobId.slice(-8)} – Artenic`],
    [`/jobs/${paidJobId}`, `Training · paid #1 ${paidJobId.slice(-8)} – Artenic`],
    [`/jobs/compare?ids=${jobId},${paidJobId}`, 'Training · compare – Artenic'],
    ['/models', 'Models – Artenic'],
    ['/models/penguins?version=3&compare=%5B1%2C2%5D', 'Models · penguins – Artenic'],
    ['/playground', 'Playground – Artenic'],
    ['/providers', 'Providers – Artenic'],
    ['/help', 'Documentation – Artenic'],
    ['/help/troubleshooting', 'Documentation · Troubleshooting – Artenic'],
    ['/no/such/page', 'Not found – Artenic'],
  ];
}
