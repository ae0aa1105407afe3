import type { TokenEvent } from '../../src/core/event.js';
import type { TokenSource } from '../../src/core/source.js';
import { describeInput, isRereadable } from './input-file.js';
import { VOCABULARY_SIZE, type Encoding } from './tokenizer.js';

/** One stream of token ids from a file or standard input, `-`; `ids` reads them anew, piece by piece. */
export function tokenSource(
  path: string,
  encoding: Encoding,
  ids: () => AsyncIterable<readonly number[]>,
): TokenSource {
  return {
    kind: 'tokens',
    streams: 1,
    describe: async () => ({
      ...(await describeInput(path)),
      encoding,
      vocabulary_size: VOCABULARY_SIZE[encoding],
    }),
    count: async (limit) => ((await isRereadable(path)) ? countIds(ids(), limit) : null),
    open: () => tokenEvents(ids()),
  };
}

/** Token ids, piece by piece, as the steps of stream 0. Number as the steps of stream 0. */
export async function* tokenEvents(
  ids: AsyncIterable<readonly number[]> | Iterable<readonly number[]>,
): AsyncGenerator<TokenEvent> {
  let step = 0;
  for await (const some of ids) {
    for (const tokenId of some) {
      yield { streamId: 0, step, pos: step, tokenId, prefill: false };
      step++;
    }
  }
}

/** How many ids there are, reading no further than `limit`. */
async function countIds(ids: AsyncIterable<readonly number[]>, limit: number): Promise<number> {
  let count = 0;
  for await (const some of ids) {
    count += some.length;
    if (count >= limit) return limit;
  }
  return count;
}
