import type { TokenEvent } from '../../src/core/event.js';

/** Number token ids as the steps of stream 0. */
export async function* tokenEvents(ids: AsyncIterable<readonly number[]>): AsyncGenerator<TokenEvent> {
  let step = 0;
  for await (const some of ids) {
    for (const tokenId of some) {
      yield { streamId: 0, step, pos: step, tokenId, prefill: false };
      step++;
    }
  }
}

/** How many ids there are, reading no further than `limit`. */
export async function countIds(ids: AsyncIterable<readonly number[]>, limit: number): Promise<number> {
  let count = 0;
  for await (const some of ids) {
    count += some.length;
    if (count >= limit) return limit;
  }
  return count;
}
