import { expect, test } from '@jest/globals';
import { usdMicrosOf } from '../../../activities/providers/usd-micros.ts';

test('a price of four decimals is as many micros as it says, all ten thousand of them', () => {
  for (let tenths = 1; tenths <= 10_000; tenths++) {
    const usd = (tenths / 10_000).toFixed(4);
    expect([usd, usdMicrosOf(usd)]).toEqual([usd, tenths * 100]);
    expect([usd, usdMicrosOf(Number(usd))]).toEqual([usd, tenths * 100]);
  }
});

test('parts of a micro are rounded up', () => {
  expect(usdMicrosOf('0.0000001')).toBe(1);
  expect(usdMicrosOf('0.02970049')).toBe(29_701);
  expect(usdMicrosOf('98.32000000000000000000000001')).toBe(98_320_001);
});

test.each(['', 'free', '0', '-1', 'NaN', 'Infinity', '1e30', Number.NaN, 0])('%s is no price', (usd) => {
  expect(usdMicrosOf(usd)).toBeNull();
});
