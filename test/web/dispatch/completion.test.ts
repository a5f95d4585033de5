import { describe, expect, test } from '@jest/globals';
import { choicesAt } from '../../../web/src/features/dispatch/completion.ts';

const known = new Map([
  ['placement/providers/[]', ['aws', 'local']],
  ['resources/accelerators/type', ['A100-80GB']],
]);

/** Labels offered at the `|` of the text. */
function labelsAt(marked: string): readonly string[] {
  const offset = marked.indexOf('|');
  return choicesAt(marked.replace('|', ''), offset, known)?.choices.map(({ label }) => label) ?? [];
}

describe('completion of the job file', () => {
  test.each([
    ['a field at the top', 'service: a\nres|', ['resources', 'placement', 'maxHours']],
    ['a field of a mapping', 'placement:\n  mo|', ['mode', 'providers', 'maxHourlyUsd']],
    ['a field two mappings deep', 'resources:\n  vcpu: 1\n  accelerators:\n    co|\nmaxHours: 1\n', ['type', 'count']],
    ['a field after a deeper mapping', 'resources:\n  accelerators:\n    count: 1\n  |', ['vcpu', 'memoryGib']],
    ['a field of an entry', 'data:\n  - na|', ['name', 'file', 'sha256']],
    ['the second field of an entry', 'data:\n  - name: x\n    fi|', ['name', 'file', 'sha256']],
    ['a list in the column of its field', 'data:\n- name: x\n  |', ['name', 'file', 'sha256']],
    ['values of a choice', 'placement:\n  mode: |', ['spot', 'on-demand', 'spot-with-fallback']],
    ['a known name', 'resources:\n  accelerators:\n    type: |', ['A100-80GB']],
    ['known names in a list', 'placement:\n  providers:\n    - |', ['aws', 'local']],
    ['known names in brackets', 'placement:\n  providers: [local, a|', ['aws', 'local']],
  ])('offers %s', (_, text, labels) => expect(labelsAt(text)).toEqual(expect.arrayContaining([...labels])));

  test('offers nothing in comments, free text and mappings of free names', () => {
    expect(labelsAt('# ser|')).toEqual([]);
    expect(labelsAt('command: python3 train|')).toEqual([]);
    expect(labelsAt('env:\n  NA|')).toEqual([]);
  });

  test('does not offer fields of one mapping in another, and says what each is for', () => {
    expect(labelsAt('resources:\n  |')).not.toContain('service');
    const { choices } = choicesAt('max', 3, known) ?? { choices: [] };
    expect(choices.find(({ label }) => label === 'maxHours')?.about).toMatch(/stopped after this many hours/);
  });
});
