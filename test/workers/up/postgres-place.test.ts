import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { homeAt, openHome } from '../../../workers/up/home.ts';
import { knownDataFolder, placePostgres, readPointer } from '../../../workers/up/postgres/place.ts';
import { serverUser } from '../../../workers/up/postgres/user.ts';
import { purge } from '../../../workers/up/purge.ts';
import { claimedBy } from '../../../workers/up/shared-folder.ts';

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
let folder = '';
let said: string[] = [];
const homes = new Set<string>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artenic-place-'));
  said = [];
});
afterEach(async () => {
  for (const home of homes) if (existsSync(home)) await purge(homeAt(home));
  homes.clear();
  rmSync(folder, { recursive: true, force: true });
});

/** A state folder whose database is `content`, as left by a start. */
function started(name: string, content = name): string {
  const place = placed(name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'PG_VERSION'), content);
  placePostgres(home(name), serverUser(), () => undefined).onReady();
  return place;
}

function home(name: string) {
  homes.add(join(folder, name));
  return openHome(join(folder, name));
}

function placed(name: string): string {
  return placePostgres(home(name), serverUser(), (line) => said.push(line)).folder;
}

test('the data of an ordinary user is in the state folder', () => {
  expect(placePostgres(home('a'), null, () => undefined).folder).toBe(join(folder, 'a', 'postgres'));
});

asRoot('of root', () => {
  test('each state folder has its own data, at the next start the same', () => {
    const [a, b] = [started('a'), started('b')];
    expect(a).not.toBe(b);
    expect(placed('a')).toBe(a);
    expect(knownDataFolder(homeAt(join(folder, 'a')))).toBe(a);
  });

  test('an older data folder is moved once, with its owner set', () => {
    const inside = home('a').file('postgres');
    mkdirSync(join(inside, 'base'), { recursive: true });
    writeFileSync(join(inside, 'PG_VERSION'), 'old');
    writeFileSync(join(inside, 'base', '1'), 'rows');
    const place = placed('a');
    expect(said.at(-1)).toBe(`the data of PostgreSQL was moved from ${inside} to ${place}`);
    expect(existsSync(inside)).toBe(false);
    expect(readFileSync(join(place, 'base', '1'), 'utf8')).toBe('rows');
    const { uid } = serverUser() ?? { uid: -1 };
    for (const path of ['', 'base', 'base/1']) {
      expect(statSync(join(place, path)).uid).toBe(uid);
      expect(statSync(join(place, path)).mode & 0o077).toBe(0);
    }
    said = [];
    expect(placed('a')).toBe(place);
    expect(said).toEqual([]);
  });

  test('a move that was interrupted is done again, and never over data that is whole', () => {
    const inside = home('a').file('postgres');
    mkdirSync(inside);
    writeFileSync(join(inside, 'PG_VERSION'), 'old');
    const place = placed('a');
    // Killed during the copy: half of the data is beside its place, and the old folder is unchanged.
    rmSync(place, { recursive: true });
    mkdirSync(`${place}.new`);
    writeFileSync(join(`${place}.new`, 'half'), '');
    mkdirSync(inside);
    writeFileSync(join(inside, 'PG_VERSION'), 'old');
    expect(placed('a')).toBe(place);
    expect(existsSync(join(place, 'half'))).toBe(false);
    // Killed before the old folder was removed.
    mkdirSync(inside);
    writeFileSync(join(inside, 'PG_VERSION'), 'older still');
    placed('a');
    expect(readFileSync(join(place, 'PG_VERSION'), 'utf8')).toBe('old');
    expect(existsSync(inside)).toBe(false);
  });

  test('a copied state folder is refused, a moved one goes on', () => {
    const place = started('a');
    cpSync(join(folder, 'a'), join(folder, 'copy'), { recursive: true });
    expect(() => placed('copy')).toThrow(`copy is a copy of ${join(folder, 'a')}`);
    rmSync(join(folder, 'copy'), { recursive: true });
    renameSync(join(folder, 'a'), join(folder, 'moved'));
    expect(placed('moved')).toBe(place);
    expect(claimedBy(join(folder, 'moved'))).toEqual([place]);
  });

  test('a state folder that is made anew begins anew and says what is left; purge removes both', async () => {
    const earlier = started('a');
    rmSync(join(folder, 'a'), { recursive: true });
    const place = started('a');
    expect(place).not.toBe(earlier);
    expect(said.join('\n')).toContain(earlier);
    writeFileSync(join(folder, 'a', 'mine.txt'), 'not of a stack');
    const { removed, left } = await purge(homeAt(join(folder, 'a')));
    expect(new Set(removed)).toEqual(new Set([place, earlier]));
    expect(left).toEqual(['mine.txt']);
    for (const data of [place, earlier]) expect(existsSync(data)).toBe(false);
    expect(claimedBy(join(folder, 'a'))).toEqual([]);
  });

  test.each(['/etc', '/var/lib/artenic/../../etc', '/var/lib/artenic'])(
    'a pointer to %s is not followed: root removes and gives away what it names',
    async (data) => {
      const a = home('a');
      writeFileSync(a.file('postgres.json'), JSON.stringify({ id: 'a', data, hasData: true }));
      expect(() => placed('a')).toThrow('a folder in');
      await expect(purge(a)).rejects.toThrow('a folder in');
      rmSync(a.file('postgres.json'));
    },
  );

  test('data that is gone is told, not replaced by an empty database', () => {
    const place = started('a');
    rmSync(place, { recursive: true });
    expect(() => placed('a')).toThrow(`was in ${place} and no longer exists`);
  });

  test('an ordinary user is told that root has the data', () => {
    const place = started('a');
    chownSync(join(folder, 'a'), 65_534, 65_534);
    expect(readPointer(homeAt(join(folder, 'a')))?.data).toBe(place);
    expect(() => placePostgres(home('a'), null, () => undefined)).toThrow('start as root');
  });
});
