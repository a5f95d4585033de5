import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CliError } from '../../cli/cli-error.ts';
import { loadJobFile } from '../../cli/job-file/job-file.ts';
import { folderWith } from './artenic.ts';

let folder: ReturnType<typeof folderWith> | null = null;
afterEach(() => folder?.remove());

function load(text: string, name = 'artenic.yaml') {
  folder = folderWith({ [name]: text });
  const path = join(folder.path, name);
  return { shown: path, load: () => loadJobFile(path) };
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a job file', () => {
  test('is YAML', () => {
    const job = load('service: penguins\ncommand: node train.ts\nconfig:\n  epochs: 3\n').load();
    expect(job.file).toMatchObject({ service: 'penguins', config: { epochs: 3 }, maxHours: 24, data: [] });
    expect(job.folder).toBe(folder?.path);
  });

  test('is JSON, tabs and all', () => {
    expect(
      load('{\n\t"service": "penguins",\n\t"command": ["node", "train.ts"]\n}\n', 'artenic.json').load().file,
    ).toMatchObject({
      command: ['node', 'train.ts'],
    });
  });

  test.each([
    [
      'an unknown field, at its own line',
      'service: a\ncommand: b\nepochs: 3\n',
      ':3:1: epochs: unknown field "epochs"',
    ],
    [
      'an unknown field inside',
      'service: a\ncommand: b\nresources:\n  vcpu: 1\n  gpu: 2\n',
      ':5:3: resources.gpu: unknown field "gpu"',
    ],
    ['a wrong type', 'service: a\ncommand: b\nresources:\n  vcpu: two\n', ':4:9: resources.vcpu: '],
    ['a value out of range', 'service: a\ncommand: b\nmaxHours: -1\n', ':3:11: maxHours: '],
    ['a wrong name', 'service: "Not A Name"\ncommand: b\n', ':1:10: service: lower-case letters'],
    [
      'an entry of a list',
      'service: a\ncommand: b\ndata:\n  - name: x\n    file: x\n  - name: ../y\n    file: y\n',
      ':6:11: data.1.name: ',
    ],
    ['a missing field', 'service: a\n', ':1:1: command: '],
    ['a secret in its place', 'service: a\ncommand: b\nsecrets: [lower]\n', ':3:11: secrets.0: '],
    ['a key twice', 'service: a\ncommand: b\nservice: c\n', ':3:1: '],
    ['no YAML', 'service: [a\ncommand: b\n', ':2:'],
    ['no mapping', '- a\n- b\n', ':1:1: '],
    ['nothing', '', ''],
  ])('with %s is refused by file, line, column and field', (_, text, expected) => {
    const { shown, load: read } = load(text);
    expect(messageOf(read)).toContain(`${shown}${expected}`);
  });

  test('from Windows: line ends and a byte order mark do not matter, UTF-16 is told', () => {
    const text = 'service: a\r\ncommand: |\r\n  one\r\n  two\r\n';
    expect(load(`\uFEFF${text}`).load().file.command).toBe('one\ntwo\n');
    for (const bytes of [Buffer.from(`\uFEFF${text}`, 'utf16le'), Buffer.from(text, 'utf16le')]) {
      const { load: read } = load('');
      writeFileSync(join(folder?.path ?? '', 'artenic.yaml'), bytes);
      expect(messageOf(read)).toContain('is UTF-16: save it as UTF-8');
    }
    const { load: latin } = load('');
    writeFileSync(join(folder?.path ?? '', 'artenic.yaml'), Buffer.from('service: caf\xe9', 'latin1'));
    expect(messageOf(latin)).toContain('is not UTF-8');
  });

  test('tells all that is wrong at once', () => {
    const { load: read } = load('service: A\nmaxHours: 0\nnonsense: 1\n');
    expect(messageOf(read).split('\n')).toHaveLength(4);
  });

  test('that explodes is refused before it is spread out', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [name, before] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih'])
      lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    expect(messageOf(load(lines.join('\n')).load)).toMatch(/alias/i);
  });

  test('must be a file', () => {
    expect(messageOf(() => loadJobFile('/no/such/artenic.yaml'))).toContain('/no/such/artenic.yaml');
    folder = folderWith({});
    expect(messageOf(() => loadJobFile(folder?.path ?? ''))).toContain('is not a file');
  });
});
