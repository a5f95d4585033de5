import { describe, expect, test } from '@jest/globals';
import { jobFileSchema, JobTextError, nearest, parseJobText } from '@artenic/core';

function faultsOf(text: string): readonly string[] {
  try {
    parseJobText(text, jobFileSchema);
  } catch (error) {
    if (error instanceof JobTextError)
      return error.issues.map(({ pointer, line, message }) => `${line ?? '?'} ${pointer}: ${message}`);
    throw error;
  }
  return [];
}

const rest = 'service: a\ncommand: b\n';

describe('faults of a job file say what to write', () => {
  test.each<[string, readonly string[]]>([
    ['service: a\ncomand: b\n', ['2 /comand: unknown field "comand"; did you mean "command"?']],
    ['service: a\n', ['1 /command: missing: give text or a list']],
    ['command: b\n', ['1 /service: missing: give text']],
    ['service: a\ncommand: 5\n', ['2 /command: give text or a list, not 5: write it in quotes, "5"']],
    ['service: a\ncommand: [train, 10]\n', ['2 /command/1: give text, not 10: write it in quotes']],
    ['service: a\ncommand: ""\n', ['2 /command: must not be empty']],
    [
      'service: Not A Name\ncommand: b\n',
      ['1 /service: lower-case letters, digits, ".", "_" and "-", at most 63, starting with a letter or digit'],
    ],
    [`${rest}resources:\n  vcpu: two\n`, ['4 /resources/vcpu: give a number, not "two"']],
    [`${rest}resources:\n  vcpu: 1.5\n`, ['4 /resources/vcpu: give a whole number, not 1.5']],
    [`${rest}resources:\n  vcpu: 0\n`, ['4 /resources/vcpu: must be at least 1, not 0']],
    [`${rest}resources:\n  vcpu: 5000\n`, ['4 /resources/vcpu: must be at most 1024, not 5000']],
    [`${rest}resources: 4\n`, ['3 /resources: give a mapping, not 4']],
    [`${rest}resources: [4]\n`, ['3 /resources: give a mapping, not a list']],
    [`${rest}resources:\n  gpus: 1\n`, ['4 /resources/gpus: unknown field "gpus"']],
    [
      `${rest}resources:\n  memory_gib: 4\n`,
      ['4 /resources/memory_gib: unknown field "memory_gib"; did you mean "memoryGib"?'],
    ],
    [`${rest}maxHours: -1\n`, ['3 /maxHours: must be more than 0, not -1']],
    [`${rest}maxHours:\n`, ['3 /maxHours: give a number, not nothing']],
    [`${rest}max-hours: 2\n`, ['3 /max-hours: unknown field "max-hours"; did you mean "maxHours"?']],
    [`${rest}env:\n  PORT: 80\n`, ['4 /env/PORT: give text, not 80: write it in quotes, "80"']],
    [`${rest}labels:\n  on: true\n`, ['4 /labels/on: give text, not true: write it in quotes, "true"']],
    [
      `${rest}placement:\n  mode: spott\n`,
      ['4 /placement/mode: give one of spot, on-demand, spot-with-fallback, not "spott"; did you mean "spot"?'],
    ],
    [`${rest}placement:\n  providers: aws\n`, ['4 /placement/providers: give a list, not "aws"']],
    [`${rest}placement:\n  providers: []\n`, ['4 /placement/providers: must not be empty']],
    [
      `${rest}placement:\n  provider: [aws]\n`,
      ['4 /placement/provider: unknown field "provider"; did you mean "providers"?'],
    ],
    [`${rest}deadline: tomorrow\n`, ['3 /deadline: give a time such as 2030-01-31T12:00:00Z']],
    [
      `${rest}environment:\n  python:\n    version: "2.7"\n`,
      ['5 /environment/python/version: a version such as "3.11", in quotes'],
    ],
    [
      `${rest}data:\n  - name: x\n    path: y\n`,
      ['5 /data/0/path: unknown field "path"; did you mean "paths"?', '4 /data/0: give either `file` or `sha256`'],
    ],
    [`${rest}data:\n  - name: x\n`, ['4 /data/0: give either `file` or `sha256`']],
  ])('%j', (text, expected) => expect(faultsOf(text)).toEqual(expected));

  test('no message of the schema library is left', () => {
    const wrong = ['null', '5', 'text', '[1]', '{ a: 1 }', 'true', '"x\\ny"', '1e99', '-1'];
    for (const field of Object.keys(jobFileSchema.shape))
      for (const value of wrong)
        for (const fault of faultsOf(`${rest.replace(`${field}:`, 'x:')}${field}: ${value}\n`))
          expect(fault).not.toMatch(/Invalid|Too (?:small|big)|expected |received|Unrecognized/);
  });
});

test.each([
  ['comand', 'command'],
  ['commnad', 'command'],
  ['COMMAND', 'command'],
  ['max_hours', 'maxHours'],
  ['epochs', null],
  ['x'.repeat(100_000), null],
])('nearest to %p is %p', (word, expected) => {
  expect(nearest(word, ['command', 'config', 'maxHours', 'env'])).toBe(expected);
});
