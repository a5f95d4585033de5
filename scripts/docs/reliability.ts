import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundBugsSchema, runRecordSchema, type FoundBugs, type RunRecord } from './reliability-record.ts';

const folder = fileURLToPath(new URL('../../docs/reliability', import.meta.url));

type Row = readonly (string | number)[];
type Counts = Readonly<Record<string, number>>;

const promises: Readonly<Record<string, string>> = {
  orphan: 'Nothing lives on when everything is over',
  double: 'One attempt, one instance',
  'terminated-while-alive': 'Nothing is called terminated that lives',
  lost: 'Every job comes to its end',
  'wrong-state': 'A job that can succeed succeeds, unless somebody has cancelled it',
  'run-again': 'What is finished never runs again',
  'zombie-write': 'An attempt that was replaced writes nothing more',
  'ended-twice': 'A job ends once',
  'wrong-result': 'The result is that of an undisturbed run',
  'wrong-cost': 'Our cost is what the cloud bills',
  relaunched: 'A platform that comes back starts nothing again that has run on without it',
  late: 'It shows the truth 10 s after its return',
  'no-answer': 'It comes back from each death and answers',
};

/** Text of `RELIABILITY.md`, from the records of the runs. */
export function reliabilityDocument(): string {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'found.json')
    .toSorted();
  const records = names.map((name) => runRecordSchema.parse(read(name)));
  const honest = records.filter(({ sabotage }) => sabotage === null);
  const sections = [
    introduction,
    section(
      'Runs',
      table(
        ['Command', 'Date', 'Cores', 'Machines', 'Schedules', 'Instances', 'Broken promises', 'Seconds'],
        honest.map(runRow),
      ),
    ),
    section('Promises', table(['Promise', 'Watched in schedules and outages', 'Broken'], promiseRows(honest))),
    section('What they came through', table(['Fault', 'Done', 'Survived', 'Seeds', 'Last'], faultRows(honest))),
    section(
      'Answers of the cloud that were spoilt',
      table(
        ['Answer', 'Times', 'Seeds', 'Last'],
        countRows(honest, ({ cloudFaultsFired }) => cloudFaultsFired),
      ),
    ),
    section(`kill -9 at named points`, [
      pointsText(honest),
      ...table(['Step', 'Before it', 'After its effect'], pointRows(honest)),
    ]),
    section(
      'The platform away as a whole',
      table(
        [
          'Away (time of the cloud)',
          'How',
          'Jobs',
          'Ended meanwhile',
          'Launched again',
          'Wrong states',
          'True again after',
        ],
        outageRows(honest),
      ),
    ),
    section('The judge can see', [
      'Platforms that were made wrong on purpose, and what of it was found.',
      '',
      ...table(
        ['Command', 'Date', 'Found after schedules', 'As'],
        records.filter(({ sabotage }) => sabotage !== null).map(proofRow),
      ),
    ]),
    section('Bugs that were found', bugTable(foundBugsSchema.parse(read('found.json')))),
  ];
  return `${sections.join('\n\n')}\n`;
}

const introduction = [
  '# Reliability',
  '',
  '<!-- Made by `node scripts/generate.ts` from docs/reliability/*.json: do not edit. -->',
  '',
  'What was done to a real platform (API, worker, PostgreSQL, Temporal) with a simulated cloud, and what became of it. Judged by',
  "the cloud's own book. [How it works, and how to run it](docs/reliability.md).",
].join('\n');

function section(title: string, lines: readonly string[]): string {
  return [`## ${title}`, '', ...lines].join('\n');
}

function table(head: Row, rows: readonly Row[]): readonly string[] {
  const line = (cells: Row): string => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return rows.length === 0 ? ['None yet.'] : [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

const brokenOf = ({ violations }: RunRecord): number =>
  Object.values(violations).reduce((sum, count) => sum + count, 0);
const outagesOf = ({ outages }: RunRecord) => outages?.each ?? [];

function runRow(record: RunRecord): Row {
  const { command, date, cores, machines, schedules, instances, seconds } = record;
  const what = machines === 'runner' ? 'real runners' : 'scripted';
  return [`\`${command}\``, date, cores, what, schedules, instances, brokenOf(record), Math.round(seconds)];
}

function promiseRows(records: readonly RunRecord[]): readonly Row[] {
  const watched = records.reduce((sum, record) => sum + record.schedules + outagesOf(record).length, 0);
  const outages = records.reduce((sum, record) => sum + outagesOf(record).length, 0);
  return Object.entries(promises).map(([kind, text]) => [
    text,
    kind === 'relaunched' || kind === 'late'
      ? outages
      : kind === 'wrong-result'
        ? schedulesOfRunners(records)
        : watched,
    records.reduce((sum, { violations }) => sum + (violations[kind] ?? 0), 0),
  ]);
}

function schedulesOfRunners(records: readonly RunRecord[]): number {
  return records.reduce((sum, { machines, schedules }) => sum + (machines === 'runner' ? schedules : 0), 0);
}

function keysOf(records: readonly RunRecord[], of: (record: RunRecord) => Counts): readonly string[] {
  return [...new Set(records.flatMap((record) => Object.keys(of(record))))].toSorted();
}

function countRows(records: readonly RunRecord[], of: (record: RunRecord) => Counts): readonly Row[] {
  return keysOf(records, of).map((key) => [key, sumOf(records, of, key), ...originOf(records, of, key)]);
}

function faultRows(records: readonly RunRecord[]): readonly Row[] {
  const done = ({ faults }: RunRecord) => faults;
  return keysOf(records, done).map((key) => [
    key,
    sumOf(records, done, key),
    sumOf(records, ({ survived }) => survived, key),
    ...originOf(records, done, key),
  ]);
}

function sumOf(records: readonly RunRecord[], of: (record: RunRecord) => Counts, key: string): number {
  return records.reduce((sum, record) => sum + (of(record)[key] ?? 0), 0);
}

/** Seeds of the runs that have this key, and the last date among them. */
function originOf(records: readonly RunRecord[], of: (record: RunRecord) => Counts, key: string): Row {
  const those = records.filter((record) => (of(record)[key] ?? 0) > 0);
  const seeds = [...new Set(those.map(({ seed }) => seed))].toSorted((one, other) => one - other);
  return [
    seeds.join(', '),
    those
      .map(({ date }) => date)
      .toSorted()
      .at(-1) ?? '',
  ];
}

function pointsText(records: readonly RunRecord[]): string {
  const of = Math.max(0, ...records.map(({ points }) => points.of));
  const killed = keysOf(records, ({ killsAt }) => killsAt).length;
  return `Processes died at ${killed} of ${of} points.\n`;
}

function pointRows(records: readonly RunRecord[]): readonly Row[] {
  const killsAt = (record: RunRecord) => record.killsAt;
  const steps = [...new Set(keysOf(records, killsAt).map((point) => point.replace(/:(?:before|after)$/, '')))];
  return steps.map((step) => [
    step.replace(':', ' '),
    sumOf(records, killsAt, `${step}:before`),
    sumOf(records, killsAt, `${step}:after`),
  ]);
}

function outageRows(records: readonly RunRecord[]): readonly Row[] {
  return records
    .flatMap(outagesOf)
    .toSorted((one, other) => one.downSeconds - other.downSeconds)
    .map(({ downSeconds, how, jobs, finishedMeanwhile, relaunches, wrongStates, consistentAfterReadyMs }) => [
      `${downSeconds} s`,
      how === 'stop' ? 'stopped' : 'kill -9',
      ...[jobs, finishedMeanwhile, relaunches, wrongStates],
      `${(consistentAfterReadyMs / 1000).toFixed(1)} s`,
    ]);
}

function proofRow({ command, date, schedules, violations }: RunRecord): Row {
  const kinds = Object.entries(violations).flatMap(([kind, count]) => (count > 0 ? [`${kind} ×${count}`] : []));
  return [`\`${command}\``, date, schedules, kinds.length === 0 ? '**nothing**' : kinds.join(', ')];
}

function bugTable(bugs: FoundBugs): readonly string[] {
  return table(
    ['Date', 'Seen as', 'What happened', 'Cause', 'Mended', 'Reproducer'],
    bugs.map(({ date, seen, what, cause, mended, reproducer }) => [
      date,
      seen,
      what,
      cause,
      mended,
      `\`${reproducer}\``,
    ]),
  );
}
