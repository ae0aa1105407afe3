import type { TokenEvent } from '../src/core/event.js';
import { nearestFirst } from './windows.js';

/** A stream of tokens that goes on with what was chosen at its last step. */
export interface FeedBack {
  readonly tokens: AsyncIterable<TokenEvent>;
  /** Told at every step which token is to come next. */
  chosen(tokenId: number): void;
}

/**
 * The tokens of a prompt, one stream, and then `count` that are chosen one by one, each with `previous` of those before it. A token is pulled only when the step before
 * it is done (law L7): then its choice is known. The last one is told, and makes no step: nothing follows it.
 */
export function feedBack(
  prompt: AsyncIterable<TokenEvent>,
  { count, previous }: { readonly count: number; readonly previous: number },
  onGenerated?: (tokenId: number) => void,
): FeedBack {
  let choice: number | null = null;
  async function* tokens(): AsyncGenerator<TokenEvent> {
    let last: TokenEvent | null = null;
    for await (const token of prompt) yield (last = token);
    for (let made = 1; made <= count; made++) {
      if (last === null || choice === null) throw new RangeError('nothing was chosen at the step before');
      onGenerated?.(choice);
      if (made === count) return;
      last = nextAfter(last, choice, previous);
      choice = null; // this step chooses anew
      yield last;
    }
  }
  return { tokens: tokens(), chosen: (tokenId) => void (choice = tokenId) };
}

function nextAfter({ before = [], ...last }: TokenEvent, tokenId: number, previous: number): TokenEvent {
  const at = { step: last.step + 1, pos: last.pos + 1, prefill: false };
  return { ...last, ...at, tokenId, before: nearestFirst(last.tokenId, before, previous) };
}
