import { z } from 'zod';
import { Failure } from '../../src/core/failure.js';
import { defineSource } from '../../src/core/source.js';
import { inputName, readInput } from './input-file.js';
import { tokenSource } from './token-events.js';
import { ENCODINGS, VOCABULARY_SIZE, type Encoding } from './tokenizer.js';
import { decodeUtf8 } from './utf8-chunks.js';

/** No id has more digits; a longer word is refused before it fills the memory. */
const LONGEST_WORD = 32;

/**
 * Token ids written as decimal numbers, separated by white space, as one stream.
 *
 * Opening it throws Failure `not-found`, or `bad-input` naming the line for a word that is no id of the vocabulary.
 */
export const idsSource = defineSource(
  {
    name: 'ids',
    summary: 'token ids from a file or standard input, separated by white space',
    brings: 'tokens',
    paper: null,
    options: z.object({
      path: z.string().min(1).describe('file of token ids, or - for standard input'),
      encoding: z.enum(ENCODINGS).default('r50k').describe('vocabulary that the ids belong to'),
    }),
  },
  ({ path, encoding }, { stdin }) => {
    const ids = () =>
      parseIds(decodeUtf8(readInput(path, stdin), inputName(path)), inputName(path), encoding);
    return tokenSource(path, encoding, ids);
  },
);

/** Ids of a text, piece by piece; the last word of a piece waits for the next one. */
async function* parseIds(
  texts: AsyncIterable<string>,
  name: string,
  encoding: Encoding,
): AsyncGenerator<readonly number[]> {
  let line = 1;
  let held = '';
  let found = false;
  const parse = (text: string) => {
    const ids: number[] = [];
    for (const [word] of text.matchAll(/\n|\S+/g)) {
      if (word === '\n') line++;
      else ids.push(checkId(word, { name, line, encoding }));
    }
    found ||= ids.length > 0;
    return ids;
  };
  for await (const text of texts) {
    held += text;
    let end = held.length;
    while (end > 0 && /\S/.test(held[end - 1])) end--;
    yield parse(held.slice(0, end));
    held = held.slice(end);
    if (held.length > LONGEST_WORD) parse(held); // throws, with its line
  }
  yield parse(held);
  if (!found)
    throw new Failure('bad-input', `${name} holds no token ids`, 'write decimal ids separated by spaces');
}

function checkId(word: string, at: { name: string; line: number; encoding: Encoding }): number {
  const size = VOCABULARY_SIZE[at.encoding];
  const id = Number(word);
  if (/^\d{1,15}$/.test(word) && id < size) return id;
  const shown = word.length > LONGEST_WORD ? `${word.slice(0, LONGEST_WORD)}…` : word;
  throw new Failure(
    'bad-input',
    `${at.name}: line ${at.line}: "${shown}" is no token id of ${at.encoding} (0 to ${size - 1}, ${size} in all)`,
    'choose the encoding that made the ids, or give text instead (source text)',
  );
}
