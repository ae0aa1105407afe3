import { Failure } from '../../src/core/failure.js';

const REPLACEMENT = '\ufffd';
const WORD = /[\p{L}\p{N}]/u;
const BREAK = /[^\p{L}\p{N}\p{M}']/u;

/**
 * Decode bytes as UTF-8, one text per chunk; a character that is cut by a chunk's end waits for the rest.
 * A byte order mark at the very start is dropped: it is a signature, not text.
 *
 * @throws Failure `bad-input` naming `name` and the offset of the first byte that is not UTF-8
 */
export async function* decodeUtf8(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let start = 0; // offset of `waiting` in the input
  let waiting: Uint8Array = new Uint8Array(0);
  const decode = (bytes: Uint8Array) => {
    try {
      const text = decoder.decode(bytes);
      return start === 0 && text.startsWith('\ufeff') ? text.slice(1) : text;
    } catch (error) {
      throw notUtf8(name, start + firstInvalid(bytes), bytes[firstInvalid(bytes)], error);
    }
  };
  for await (const chunk of chunks) {
    const bytes = waiting.length > 0 ? Buffer.concat([waiting, chunk]) : chunk;
    const whole = wholeLength(bytes);
    const text = decode(bytes.subarray(0, whole));
    start += whole;
    waiting = bytes.slice(whole); // a copy: the chunk may be reused by its reader
    if (text !== '') yield text;
  }
  if (waiting.length > 0) decode(waiting); // an unfinished character: throws
}

/**
 * Cut a text, given in pieces, into pieces that can be tokenised one by one: joined, their tokens are those of
 * the whole text. Cuts only at `lastSafeCut`; what is held back is the text since the last such place.
 */
export async function* safePieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let held = '';
  for await (const text of texts) {
    const seen = held.length;
    held += text;
    const cut = lastSafeCut(held, seen);
    if (cut === 0) continue;
    yield held.slice(0, cut);
    held = held.slice(cut);
  }
  if (held !== '') yield held;
}

/**
 * The last place at `from` or later where the regular expressions of r50k, cl100k and o200k always split, whatever
 * follows; 0 if there is none. These are: before a space that follows anything but white space, and between a
 * letter or digit and anything that is no letter, digit, mark or apostrophe. No alternative of the three reaches
 * across such a place, and none looks ahead except after white space.
 */
export function lastSafeCut(text: string, from = 1): number {
  for (let at = text.length - 1; at >= Math.max(1, from); at--) {
    // Half of a surrogate pair is no letter, so no cut is ever made inside a pair.
    if (text[at] === ' ' ? /\S/.test(text[at - 1]) : WORD.test(text[at - 1]) && BREAK.test(charAt(text, at)))
      return at;
  }
  return 0;
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

/** Bytes up to a last character that still lacks bytes. */
function wholeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue; // a continuation: its first byte comes before
    const needed = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Offset of the first byte that is not part of a well-formed character; `bytes` must have one. */
function firstInvalid(bytes: Uint8Array): number {
  const lossy = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  for (let at = lossy.indexOf(REPLACEMENT); at >= 0; at = lossy.indexOf(REPLACEMENT, at + 1)) {
    const offset = Buffer.byteLength(lossy.slice(0, at)); // all before it was well-formed
    const genuine = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (!genuine) return offset;
  }
  throw new RangeError('every byte is valid UTF-8');
}

function notUtf8(name: string, offset: number, byte: number, cause: unknown): Failure {
  return new Failure(
    'bad-input',
    `${name}: byte ${offset} (0x${byte.toString(16).padStart(2, '0')}) is not valid UTF-8`,
    offset === 0 && byte >= 0xfe
      ? 'this looks like UTF-16; convert it, e.g. with `iconv -f utf-16 -t utf-8`'
      : 'convert the text to UTF-8, e.g. with `iconv -f latin1 -t utf-8`',
    { cause },
  );
}
