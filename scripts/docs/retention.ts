import {
  defaultPeriods,
  folderRules,
  objectRules,
  tableRules,
  type RetentionRule,
} from '../../core/retention/rules.ts';

const dayMs = 24 * 3_600_000;
const words: Readonly<Record<keyof typeof defaultPeriods, string>> = {
  checkpointsMs: 'checkpoints and spare objects, after the end of their job',
  detailsMs: 'logs, histories and decisions, after the end of their job (`ARTENIC_KEEP_DETAILS_DAYS`)',
  jobsMs: 'jobs with attempts and outputs, after their end (`ARTENIC_KEEP_JOBS_DAYS`)',
  eventsMs: 'events',
  auditMs: 'entries of the audit log',
  uploadsMs: 'uploads that nothing names, after they were last asked for or stored',
};

function keptFor({ keep }: RetentionRule): string {
  switch (keep.kind) {
    case 'for-good':
      return `for good; bounded ${keep.bound.startsWith('by') ? keep.bound : `by ${keep.bound}`}`;
    case 'until':
    case 'own':
      return keep.rule;
  }
}

function tableOf(head: string, rules: Readonly<Record<string, RetentionRule>>): string {
  const rows = Object.entries(rules).map(([name, rule]) => {
    const step = rule.keep.kind === 'until' ? rule.keep.step : '';
    return `| \`${name}\` | ${rule.owner} | ${keptFor(rule)} | ${step} |`;
  });
  return [`| ${head} | owner | kept | step of the collector |`, '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Table of all stored data: owner and retention rule. */
export function retentionDocument(): string {
  const periods = Object.entries(words).map(
    ([name, text]) => `- \`${name}\`: ${defaultPeriods[name as keyof typeof words] / dayMs} days. ${text}`,
  );
  return `# Retention

Made from \`core/retention/rules.ts\` by \`node scripts/generate.ts\`.

A schedule of Temporal starts the collector every ten minutes (\`ARTENIC_COLLECT_MS\`). It works in bounded rounds, may die
at any point, and only one runs at a time. \`artenic gc --dry-run\` tells what it would remove now. What a living job, a
model version or an attempt that is not settled needs never goes: an attempt is settled when it has ended and its provider
has proved that its instance is gone. Keys that Artenic has not made, and objects of jobs that the database does not know,
are left alone.

An upload is kept from the moment at which it is looked for: \`object_uses\` notes the look, the collector deletes only
what nobody has looked for in a week, and while it deletes the look is answered with 503 and \`Retry-After\`.

${periods.join('\n')}

## Tables

${tableOf('table', tableRules)}

## Objects

${tableOf('kind', objectRules)}

## Files

${tableOf('place', folderRules)}

Parts of uploads to S3 that were never completed are the bucket's: give it a lifecycle rule that aborts them after a day.
`;
}
