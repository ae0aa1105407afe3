import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import type { TokenEvent } from '../src/core/event.js';
import { takeSteps } from './steps.js';

async function* tokens(): AsyncGenerator<TokenEvent> {
  for (let step = 0; ; step++) yield { streamId: 0, step, pos: step, tokenId: null, prefill: false };
}

it('leaves no listener on the signal, however it ends', async () => {
  const { signal } = new AbortController();
  const limits = { prompt: 0, signal };
  const taken: number[] = [];
  for await (const { step } of takeSteps(tokens(), { ...limits, tokens: 3 })) taken.push(step);
  for await (const { step } of takeSteps(tokens(), { ...limits, tokens: null })) {
    taken.push(step);
    break;
  }
  expect(taken).toEqual([0, 1, 2, 0]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('ends when the signal says so, though the source waits for ever', async () => {
  const abort = new AbortController();
  const never: AsyncIterable<TokenEvent> = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  };
  const next = takeSteps(never, { prompt: 0, tokens: null, signal: abort.signal }).next();
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

it('marks what the limits call prompt besides what the source does, and gives a time to steps that have none', async () => {
  async function* three(): AsyncGenerator<TokenEvent> {
    for (const [step, prefill, tNs] of [
      [0, false, null],
      [1, true, 40],
      [2, false, undefined],
    ] as const)
      yield { streamId: 0, step, pos: step, tokenId: null, prefill, ...(tNs === undefined ? {} : { tNs }) };
  }
  const { signal } = new AbortController();
  const seen: unknown[] = [];
  for await (const { prefill, tNs } of takeSteps(three(), { prompt: 1, tokens: null, signal, now: () => 9 }))
    seen.push([prefill, tNs]);
  expect(seen).toEqual([
    [true, 9],
    [true, 40],
    [false, 9],
  ]);
  for await (const step of takeSteps(three(), { prompt: 0, tokens: 1, signal })) expect(step.tNs).toBeNull();
});
