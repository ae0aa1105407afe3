import { z } from 'zod';
import { Failure } from '../../src/core/failure.js';
import { defineSource } from '../../src/core/source.js';
import { inputName, readInput } from './input-file.js';
import { tokenSource } from './token-events.js';
import { ENCODINGS, loadTokenizer, type Encoding } from './tokenizer.js';
import { decodeUtf8, safePieces } from './utf8-chunks.js';

/**
 * Tokens of a UTF-8 text as one stream. The text is read piece by piece, and the pieces are cut only where the
 * tokens cannot change, so the tokens are those of the whole text. A byte order mark at the start is dropped.
 *
 * Opening it throws Failure `not-found`, or `bad-input` for empty text, invalid UTF-8 or a folder.
 */
export const textSource = defineSource(
  {
    name: 'text',
    summary: 'a text file or standard input, tokenised with a BPE vocabulary or byte by byte',
    brings: 'tokens',
    paper: null,
    options: z.object({
      path: z.string().min(1).describe('text file, or - for standard input'),
      encoding: z
        .enum(ENCODINGS)
        .default('r50k')
        .describe('vocabulary: r50k (GPT-2), cl100k (GPT-4), o200k (GPT-4o) or bytes'),
    }),
  },
  ({ path, encoding }, { stdin }) => {
    const ids = () => tokenise(readInput(path, stdin), inputName(path), encoding);
    return tokenSource(path, encoding, ids);
  },
);

/** Token ids of a text, piece by piece: a piece is read when the ids before it are used up. */
async function* tokenise(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  encoding: Encoding,
): AsyncGenerator<readonly number[]> {
  const tokenizer = await loadTokenizer(encoding);
  let empty = true;
  for await (const piece of safePieces(decodeUtf8(bytes, name))) {
    empty = false;
    yield tokenizer.encode(piece);
  }
  if (empty)
    throw new Failure('bad-input', `${name} is empty: there is no token to decode`, 'give it some text');
}
