import { describe, expect, it } from 'vitest';
import { snapshotPace } from './snapshot-pace.js';

/** Steps of a run whose state and step grow with it, as `shares` of the time go into snapshots. */
function simulate(
  nsPerByte: number,
  bytesPerStep: number,
): { readonly share: number; readonly taken: number } {
  let [now, spent, taken] = [0, 0, 0];
  const pace = snapshotPace('auto', () => now);
  for (let steps = 1; steps <= 40_000; steps++) {
    const bytes = steps * bytesPerStep;
    now += 1e6 + bytes * 0.05; // attention reads it all, at 20 GB/s
    if (!pace.due(steps, bytes)) continue;
    const start = now;
    now += nsPerByte * bytes;
    pace.taken(bytes, start, now);
    spent += now - start;
    taken++;
  }
  return { share: spent / now, taken };
}

describe('snapshots as often as their cost allows', () => {
  it.each([
    ['a fast disk and a small state', 1, 100],
    ['a fast disk and a large state', 1, 100_000],
    ['a slow disk and a large state', 20, 100_000],
  ])('%s: at most a twentieth of the time', (_, nsPerByte, bytesPerStep) => {
    const { share, taken } = simulate(nsPerByte, bytesPerStep);
    expect(share).toBeLessThan(0.05);
    expect(taken).toBeGreaterThanOrEqual(3);
  });
});

it('are taken after every k steps when that is asked for, and never for 0', () => {
  const due = (every: number) => {
    const pace = snapshotPace(every, () => 0);
    return Array.from({ length: 10 }, (_, i) => i + 1).filter((steps) => pace.due(steps, 1e9));
  };
  expect(due(3)).toEqual([3, 6, 9]);
  expect(due(0)).toEqual([]);
});
