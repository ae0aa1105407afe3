import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, failureOf, inChunks } from './testing/bytes.js';
import { ENCODINGS, loadTokenizer } from './tokenizer.js';
import { decodeUtf8, lastSafeCut, safePieces } from './utf8-chunks.js';

const encoder = new TextEncoder();

/** Text that is mean to tokenizers: runs of all white space, digits, contractions, marks, emoji, special tokens. */
const awkward = fc
  .array(
    fc.oneof(
      fc.constantFrom(...' \n\t\r\u00a0\u3000\u2028\ufeff', '  ', '\r\n', '\n\n', ' \n '),
      fc.constantFrom(
        "'s",
        "'RE",
        "'ll",
        "'",
        '’',
        '/',
        '//\n',
        '!?',
        '...\n',
        '_',
        '<|endoftext|>',
        '\u0301',
        '\u20e3',
      ),
      fc.constantFrom(
        'a',
        'The',
        'don',
        'ſ',
        'İ',
        'ß',
        '東京',
        'ひらがな',
        '\u{1d49c}',
        '😀',
        '👩‍👩‍👧',
        '12345678',
        '٣',
        'Ⅷ',
        '½',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join('')).toString())
  .filter((text) => !text.startsWith('\ufeff'));
const sizes = fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 5 });

describe.each(ENCODINGS)('pieces of a text in %s', (encoding) => {
  it('have the tokens of the whole text, whatever the chunks', async () => {
    const { encode } = await loadTokenizer(encoding);
    await fc.assert(
      fc.asyncProperty(awkward, sizes, async (text, chunkSizes) => {
        const pieces = await collect(
          safePieces(decodeUtf8(inChunks(encoder.encode(text), chunkSizes), 'text')),
        );
        expect(pieces.join('')).toBe(text);
        expect(pieces.flatMap(encode)).toEqual(encode(text));
      }),
      { numRuns: 1500 },
    );
  });

  it('may be cut at every safe place at once', async () => {
    const { encode } = await loadTokenizer(encoding);
    fc.assert(
      fc.property(awkward, (text) => {
        const pieces: string[] = [];
        let rest = text;
        for (let cut = lastSafeCut(rest); cut > 0; cut = lastSafeCut(rest)) {
          pieces.unshift(rest.slice(cut));
          rest = rest.slice(0, cut);
        }
        expect([rest, ...pieces].flatMap(encode)).toEqual(encode(text));
      }),
      { numRuns: 1500 },
    );
  });
});

describe('safePieces', () => {
  it.each([
    ['word by word', 'one two three', 'one two| three'],
    ['line by line without spaces', 'one\ntwo\nthree', 'one\ntwo|\nthree'],
    ['never at white space after white space', 'one  ', 'one|  '],
    ['never before an apostrophe', "don't", "don't"],
    ['not in one long word', 'x'.repeat(99), 'x'.repeat(99)],
  ])('cuts %s', (_, text, cut) => {
    const at = lastSafeCut(text);
    expect(at === 0 ? text : `${text.slice(0, at)}|${text.slice(at)}`).toBe(cut);
  });

  it('holds back no more than what follows the last safe place', async () => {
    const pieces = safePieces(
      (async function* () {
        yield 'one two thr';
        yield 'ee';
        throw new Error('read too far');
      })(),
    );
    expect((await pieces.next()).value).toBe('one two');
    await expect(pieces.next()).rejects.toThrow('read too far');
  });
});

describe('decodeUtf8', () => {
  const decode = (bytes: readonly number[], chunkSizes = [3]) =>
    collect(decodeUtf8(inChunks(Uint8Array.from(bytes), chunkSizes), 'a.txt'));

  it('joins characters that chunks split', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), sizes, async (text, chunkSizes) => {
        fc.pre(!text.startsWith('\ufeff'));
        const texts = await collect(decodeUtf8(inChunks(encoder.encode(text), chunkSizes), 'text'));
        expect(texts.join('')).toBe(text);
      }),
    );
  });

  it('drops a byte order mark at the start, however split, and nowhere else', async () => {
    const bytes = encoder.encode('\ufeffa\ufeffb');
    for (const size of [1, 2, 3, 100]) expect((await decode([...bytes], [size])).join('')).toBe('a\ufeffb');
  });

  it('copies what waits, so that a reader may reuse its buffer', async () => {
    const buffer = new Uint8Array(2);
    async function* reusing() {
      for (const bytes of [
        [0x61, 0xc3],
        [0xa9, 0x62],
      ]) {
        buffer.set(bytes);
        yield buffer;
      }
    }
    expect((await collect(decodeUtf8(reusing(), 'x'))).join('')).toBe('aéb');
  });

  it.each([
    ['a stray continuation', [0x61, 0x80], 1, '0x80'],
    ['a broken sequence', [0x61, 0x62, 0xe2, 0x82, 0x41], 2, '0xe2'],
    ['an unfinished last character', [0x61, 0x62, 0x63, 0xf0, 0x9f, 0x98], 3, '0xf0'],
    ['a surrogate half', [0xed, 0xa0, 0x80], 0, '0xed'],
    ['an overlong form', [0x61, 0xc0, 0x80], 1, '0xc0'],
    ['a byte that is never used', [0x61, 0x61, 0x61, 0x61, 0xf8, 0x88, 0x80, 0x80, 0x80], 4, '0xf8'],
    ['a bad byte after a genuine replacement character', [0xef, 0xbf, 0xbd, 0x61, 0xff, 0x61], 4, '0xff'],
  ])('names the offset of %s, whatever the chunks', async (_, bytes, offset, hex) => {
    for (const size of [1, 2, 3, 4, 64]) {
      const failure = await failureOf(() => decode(bytes, [size]));
      expect(failure).toMatchObject({
        code: 'bad-input',
        what: `a.txt: byte ${offset} (${hex}) is not valid UTF-8`,
      });
    }
  });

  it('recognises UTF-16', async () => {
    expect((await failureOf(() => decode([0xff, 0xfe, 0x61, 0x00]))).hint).toContain('UTF-16');
  });
});
