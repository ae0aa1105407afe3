import { z } from 'zod';
import { Failure } from '../../src/core/failure.js';
import { defineSource } from '../../src/core/source.js';
import { tokenEvents } from './token-events.js';
import { ENCODINGS, loadTokenizer, VOCABULARY_SIZE } from './tokenizer.js';

/**
 * Tokens of a text that is given itself, not in a file, as one stream: a prompt.
 *
 * Opening it throws Failure `bad-input` for empty text, or for half a surrogate pair.
 */
export const literalSource = defineSource(
  {
    name: 'literal',
    summary: 'a text of its own, such as a prompt, tokenised',
    brings: 'tokens',
    paper: null,
    options: z.object({
      text: z.string().describe('the text itself'),
      encoding: z.enum(ENCODINGS).default('r50k').describe('vocabulary'),
    }),
  },
  ({ text, encoding }) => {
    const ids = async () => {
      if (text === '')
        throw new Failure('bad-input', 'the text is empty: there is no token', 'give it some text');
      if (/\p{Surrogate}/u.test(text))
        throw new Failure(
          'bad-input',
          'the text holds half a surrogate pair, which no UTF-8 has',
          'correct it',
        );
      return (await loadTokenizer(encoding)).encode(text);
    };
    return {
      kind: 'tokens',
      streams: 1,
      describe: () => Promise.resolve({ encoding, vocabulary_size: VOCABULARY_SIZE[encoding] }),
      count: async (limit) => Math.min(limit, (await ids()).length),
      async *open() {
        yield* tokenEvents([await ids()]);
      },
    };
  },
);
