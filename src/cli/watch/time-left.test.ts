import { describe, expect, it } from 'vitest';
import { formatDuration, timeLeft } from './time-left.js';

describe('timeLeft', () => {
  it.each([1, 2, 3])('sees that elapsed time grows like n^%i', (power) => {
    const time = timeLeft();
    for (let done = 1; done <= 200; done++) time.note(done, 0.01 * done ** power);
    const [now, end] = [200, 1000].map((n) => 0.01 * n ** power);
    expect(time.estimate(1000)! / (end - now)).toBeCloseTo(1, 6);
    expect(time.estimate(200)).toBeCloseTo(0, 6);
  });

  it('says nothing before it can know, and never less than steady steps would take', () => {
    const time = timeLeft();
    expect(time.estimate(100)).toBeNull();
    time.note(3, 5);
    expect(time.estimate(100)).toBeNull();
    for (let done = 4; done <= 20; done++) time.note(done, 100 + done * 1e-6); // a slow start, then nearly nothing
    expect(time.estimate(40)).toBeGreaterThanOrEqual(100);
  });
});

it('formats durations', () => {
  expect([4_400, 59_600, 200_000, 7_500_000].map(formatDuration)).toEqual([
    '4 s',
    '1 min 0 s',
    '3 min 20 s',
    '2 h 5 min',
  ]);
});
