import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';

type Text = readonly [place: string, text: string];

function textsOf(command: Command, above = ''): readonly Text[] {
  const name = `${above} ${command.name()}`.trim();
  return [
    [name, command.description()] as const,
    ...command
      .createHelp()
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map(({ flags, description }) => [`${name} ${flags}`, description] as const),
    ...command.registeredArguments
      .filter(({ description }) => description !== '')
      .map((argument) => [`${name} <${argument.name()}>`, argument.description] as const),
    ...command.commands.flatMap((one) => textsOf(one, name)),
  ];
}
const texts = textsOf(createProgram(new AbortController().signal)).filter(([name]) => !name.includes('__complete'));

/** Words that have plainer ones in `docs/reference/cli.md`. */
const odd = /\b(?:so many|so much|what holds|that holds|whether|may be given several times|what of it|end of a job)\b/i;

test('help is in sentence case, without a full stop, in plain words', () => {
  expect(texts.length).toBeGreaterThan(80);
  const wrong = texts.filter(([, text]) => !/^[A-Z]/.test(text) || text.endsWith('.') || odd.test(text));
  expect(wrong).toEqual([]);
});

/** Phrases that the command line said before, and that readers had to guess at. */
const formerly =
  /\b(?:is not there|nothing fits|no \w+ fits|under way|put right|truly|left alone|nobody knows|goes on|place \d+ in the queue|holds from now on|says nothing new|has served its time)\b/i;

test('no text of the command line has gone back to a phrase that was replaced', () => {
  const root = fileURLToPath(new URL('../../cli/', import.meta.url));
  const files = globSync('**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(30);
  const found = files.flatMap((file) =>
    readFileSync(`${root}${file}`, 'utf8')
      .split('\n')
      .flatMap((line, index) => (formerly.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
