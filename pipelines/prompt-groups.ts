import type { TokenEvent } from '../src/core/event.js';

const MOST = 64; // tokens: their projection reads every weight once, and their rows are a few megabytes at most

/**
 * Tokens of a prompt, which ask nothing, in groups that are projected together; every other token alone. A group ends when
 * it is full, or when a token comes that asks: so that one is read before the last of the prompt are processed (law L7).
 */
export async function* promptGroups<T extends TokenEvent>(
  tokens: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const token of tokens) {
    if (token.prefill) group.push(token);
    if (group.length > 0 && (!token.prefill || group.length === MOST)) {
      yield group;
      group = [];
    }
    if (!token.prefill) yield [token];
  }
  if (group.length > 0) yield group;
}
