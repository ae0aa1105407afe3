import { expect, it } from 'vitest';
import type { TokenEvent } from '../src/core/event.js';
import { paced } from './paced.js';

const step = (streamId: number, pos: number, tNs: number | null): TokenEvent => ({
  ...{ streamId, step: pos, pos, tokenId: null, prefill: false, tNs },
});

async function* of(...steps: readonly TokenEvent[]): AsyncGenerator<TokenEvent> {
  for (const each of steps) yield await Promise.resolve(each);
}

/** Steps as they are given, and the milliseconds since the start, by the clock that waiting itself moves. */
async function given(steps: AsyncIterable<TokenEvent>, speed: number, signal = new AbortController().signal) {
  const seen: (readonly [stream: number, ms: number])[] = [];
  const start = performance.now();
  for await (const { streamId } of paced(steps, speed, signal))
    seen.push([streamId, performance.now() - start]);
  return seen;
}

const LATE = 1e9; // far beyond what a busy machine adds: only a step that is too early fails

it('gives no step before its time, so many times faster, in the order of the recording', async () => {
  const recorded = of(step(0, 0, 5e9), step(1, 0, 5.4e9), step(0, 1, 5.2e9), step(1, 1, 6e9));
  const seen = await given(recorded, 10);
  expect(seen.map(([stream]) => stream)).toEqual([0, 1, 0, 1]);
  [0, 40, 40, 100].forEach((ms, i) => {
    expect(seen[i][1]).toBeGreaterThanOrEqual(ms - 2); // timers may be a millisecond early
    expect(seen[i][1]).toBeLessThan(ms + LATE);
  });
});

it('refuses a step without a time, and names it', async () => {
  await expect(given(of(step(0, 0, 1), step(3, 7, null)), 1)).rejects.toThrow(
    /^stream 3, pos 7: --speed needs the time/,
  );
});

it('stops waiting when it is told to', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  expect(
    (await given(of(step(0, 0, 0), step(0, 1, 3600e9)), 1, stop.signal)).map(([stream]) => stream),
  ).toEqual([0]);
});
