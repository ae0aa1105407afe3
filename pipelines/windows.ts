import type { TokenEvent } from '../src/core/event.js';
import type { LanguageModelShape } from '../src/core/language-model.js';
import type { TokenSource } from '../src/core/source.js';
import type { StreamLength } from './stream-lengths.js';

/**
 * The tokens that a language model reads, each with as many of those before it in its stream as the model embeds with it. With
 * `windows` the source is a single stream, cut into windows of `context` tokens, the most that the model takes: each is a stream
 * of its own, 0, 1, …, and begins anew at position 0.
 */
export function readBy(
  source: TokenSource,
  { context, previous }: Pick<LanguageModelShape, 'context' | 'previous'>,
  windows: boolean,
): TokenSource {
  const cut = () => (windows ? inWindows(source.open(), context) : source.open());
  return {
    kind: 'tokens',
    streams: windows ? null : source.streams,
    describe: () => source.describe(),
    count: (limit) => source.count(limit),
    open: () => remembering(cut(), previous),
  };
}

async function* inWindows(tokens: AsyncIterable<TokenEvent>, context: number): AsyncGenerator<TokenEvent> {
  let at = 0;
  for await (const token of tokens) {
    const [streamId, step] = [Math.floor(at / context), at % context];
    yield { ...token, streamId, step, pos: step };
    at++;
  }
}

async function* remembering(tokens: AsyncIterable<TokenEvent>, previous: number): AsyncGenerator<TokenEvent> {
  const latest = new Map<number, readonly number[]>();
  for await (const token of tokens) {
    const { streamId, step, tokenId } = token;
    const before = step === 0 ? [] : (latest.get(streamId) ?? []);
    latest.set(streamId, nearestFirst(tokenId, before, previous));
    yield { ...token, before };
  }
}

/** The tokens before the next one. */
export function nearestFirst(
  tokenId: number | null,
  before: readonly number[],
  previous: number,
): readonly number[] {
  return [...(tokenId === null ? [] : [tokenId]), ...before].slice(0, previous);
}

/** Windows come one after the other, and the memory of one is given back before the next begins: plan for the longest. */
export function oneWindow(context: number): (steps: number) => readonly StreamLength[] {
  return (steps) => [{ n: Math.min(steps, context), streams: 1 }];
}
