import { randomStream } from '../../src/core/random.js';
import type { LoggedRequest } from './request-rows.js';

/** How token ids of a request are made up. */
export interface TokenRules {
  /** Ids are below it. */
  readonly vocabulary: number;
  /** Tokens of a prefix block; null when the log has none. */
  readonly blockSize: number | null;
  /** All lengths were divided by it, blocks too. */
  readonly divide: number;
  readonly seed: number;
}

/**
 * Ids of the prompt and the answer of a request. Prompts that begin with equal blocks begin with equal ids; everything else is
 * random and differs from request to request.
 */
export function* requestTokens(
  { row, prompt, output, blocks }: LoggedRequest,
  { vocabulary, blockSize, divide, seed }: TokenRules,
): Generator<number, undefined> {
  const ids = (...of: readonly (string | number)[]) => randomStream(seed, 'request', ...of);
  let done = 0;
  if (blocks !== null && blockSize !== null) {
    const size = Math.ceil(blockSize / divide);
    for (const block of blocks) {
      const random = ids('block', block);
      for (let i = 0; i < size && done < prompt; i++, done++) yield random.below(vocabulary);
    }
  }
  const random = ids('own', row);
  for (; done < prompt + output; done++) yield random.below(vocabulary);
}
