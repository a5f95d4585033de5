import { describe, expect, test } from '@jest/globals';
import { configText, readConfig } from '../../../web/src/features/dispatch/config-text.ts';
import { emptyText, readJobFile, withValue } from '../../../web/src/features/dispatch/draft-text.ts';
import { jobFileOf, joined } from '../../../web/src/features/dispatch/dropped.ts';
import { formatted, parsed } from '../../../web/src/features/dispatch/field-text.ts';
import { allFields, ownParts, yamlOnly } from '../../../web/src/features/dispatch/form-fields.ts';
import { leaves } from '../../../web/src/features/dispatch/job-schema.ts';

test('every field of the job file that is supported has a place in the form', () => {
  const supported = [...leaves()].filter(([, about]) => !about.toLowerCase().includes('not supported yet'));
  const placed = [...ownParts, ...yamlOnly, ...allFields.map(({ path }) => path)];
  expect(placed.toSorted()).toEqual(supported.map(([path]) => path).toSorted());
});

describe('a value that the form puts into the text', () => {
  const text = '# What it is.\nservice: a # the service\ncommand: x\nplacement:\n  mode: spot # cheap\n';

  test('leaves comments and the other fields', () => {
    const next = withValue(text, ['service'], 'b');
    expect(next).toBe(text.replace('service: a', 'service: b'));
    expect(withValue(next, ['service'], 'a')).toBe(text);
    expect(withValue(text, ['placement', 'maxHourlyUsd'], 0.5)).toBe(`${text}  maxHourlyUsd: 0.5\n`);
  });

  test('makes the mappings above it, and takes out those that it leaves empty', () => {
    const made = withValue('service: a\n', ['environment', 'python', 'version'], '3.11');
    expect(made).toBe('service: a\nenvironment:\n  python:\n    version: "3.11"\n');
    expect(withValue(made, ['environment', 'python', 'version'], undefined)).toBe('service: a\n');
    expect(readJobFile(withValue('', ['service'], 'a')).draft).toEqual({ service: 'a' });
    expect(readJobFile(withValue('resources: 5\n', ['resources', 'vcpu'], 2)).draft).toEqual({
      resources: { vcpu: 2 },
    });
  });

  test('stands in place of an alias, without a change of its anchor', () => {
    const aliased = 'a: &r\n  vcpu: 1\nresources: *r\n';
    expect(readJobFile(withValue(aliased, ['resources', 'vcpu'], 2)).draft).toEqual({
      a: { vcpu: 1 },
      resources: { vcpu: 2 },
    });
  });

  test('never touches a text that cannot be read', () => {
    expect(withValue('a: [', ['service'], 'b')).toBe('a: [');
    expect(readJobFile('a: [')).toMatchObject({ draft: null, file: null });
  });
});

test('faults are those of the command line, with their lines', () => {
  expect(readJobFile('service: a\ncomand: x\n').faults).toEqual([
    { pointer: '/comand', line: 2, column: 1, message: 'unknown field "comand"; did you mean "command"?' },
  ]);
  expect(readJobFile(emptyText).faults.map(({ pointer }) => pointer)).toEqual(['/service', '/command']);
});

test.each([
  ['line', 'a b', 'a b'],
  ['number', '1.', 1],
  ['number', 'two', 'two'],
  ['number', ' ', undefined],
  ['words', 'a, b  c', ['a', 'b', 'c']],
  ['numbers', '1 75', [1, 75]],
  ['pairs', 'A=1\n\nB=x=y', { A: '1', B: 'x=y' }],
  ['command', 'a\nb', 'a\nb'],
] as const)('the text of a %s: %j', (kind, text, value) => {
  expect(parsed(kind, text, undefined)).toEqual(value);
  expect(parsed(kind, formatted(kind, value), value)).toEqual(value);
});

test('a command that is a list stays a list', () => {
  const list = ['node', 'a file.ts'];
  expect(parsed('command', formatted('command', list), list)).toEqual(list);
});

test('the configuration is YAML of its own', () => {
  const value = { epochs: 3, layers: [8, 8] };
  expect(readConfig(configText(value))).toEqual({ isValid: true, value });
  expect(readConfig('')).toEqual({ isValid: true, value: undefined });
  expect(readConfig('a: [1\nb: 2\n')).toMatchObject({ isValid: false, fault: { line: 2 } });
  expect(readConfig('- 1')).toMatchObject({ isValid: false });
});

test('paths of a job file are followed inside the dropped folder only', () => {
  expect(joined('examples/penguins', '../data/x.json')).toBe('examples/data/x.json');
  expect(joined('', './a//b')).toBe('a/b');
  expect(joined('', '../x')).toBeNull();
  const folder = (...paths: readonly string[]) => ({
    ...{ id: '1', name: 'f' },
    files: paths.map((path) => ({ path, file: new File([], path) })),
  });
  expect(jobFileOf(folder('a/artenic.yaml', 'artenic.yml', 'b'))?.path).toBe('artenic.yml');
  expect(jobFileOf(folder('a/artenic.yaml'))?.path).toBe('a/artenic.yaml');
  expect(jobFileOf(folder('a/artenic.yaml', 'b/artenic.yaml'))).toBeNull();
});
