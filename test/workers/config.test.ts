import { expect, test } from '@jest/globals';
import { listOf, readConfig } from '../../workers/config.ts';

const least = {
  DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/db',
  ARTENIC_KEY_PEPPER: Buffer.alloc(32, 1).toString('base64'),
};

test('defaults are filled in and numbers are read', () => {
  const config = readConfig({ ...least, ARTENIC_API_PORT: '8123', ARTENIC_HOME: '' });
  expect(config).toMatchObject({ ARTENIC_API_PORT: 8123, ARTENIC_HOME: '.artenic', TEMPORAL_NAMESPACE: 'default' });
});

test('every wrong option is named in one error', () => {
  const attempt = () =>
    readConfig({ DATABASE_URL: 'mysql://x', ARTENIC_KEY_PEPPER: 'c2hvcnQ=', ARTENIC_API_PORT: '99999' });
  expect(attempt).toThrow(/DATABASE_URL[^]*ARTENIC_API_PORT[^]*ARTENIC_KEY_PEPPER/);
});

test('lists may hold spaces and empty parts', () => {
  expect(listOf(' a.example , ,b.example')).toEqual(['a.example', 'b.example']);
});
