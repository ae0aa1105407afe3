/** The vocabularies kronflow tokenises with, by the names users type. */
export const ENCODINGS = ['r50k', 'cl100k', 'o200k', 'bytes'] as const;

/** A vocabulary: r50k (GPT-2, GPT-3), cl100k (GPT-4), o200k (GPT-4o and later), bytes (of UTF-8: the id is the byte). */
export type Encoding = (typeof ENCODINGS)[number];

/**
 * Ids of each vocabulary are below this: `n_vocab` of OpenAI's tiktoken, special tokens included.
 * Kept here so that ids can be checked without loading megabytes of merges.
 */
export const VOCABULARY_SIZE: Readonly<Record<Encoding, number>> = {
  r50k: 50_257,
  cl100k: 100_277,
  o200k: 200_019,
  bytes: 256,
};

/** Text to token ids. */
export interface Tokenizer {
  readonly encoding: Encoding;
  readonly vocabularySize: number;
  /** Ids of a text; text that looks like a special token (`<|endoftext|>`) is ordinary text. */
  encode(text: string): number[];
}

/** Load one vocabulary; the others stay on disk. */
export async function loadTokenizer(encoding: Encoding): Promise<Tokenizer> {
  if (encoding === 'bytes') return { encoding, vocabularySize: VOCABULARY_SIZE.bytes, encode: bytesOf };
  const { encode } = await IMPORT[encoding]();
  const ordinary = { disallowedSpecial: new Set<string>() }; // by default it throws on special-token text
  return {
    encoding,
    vocabularySize: VOCABULARY_SIZE[encoding],
    encode: (text) => encode(text, ordinary),
  };
}

function bytesOf(text: string): number[] {
  return [...Buffer.from(text)];
}

const IMPORT = {
  r50k: () => import('gpt-tokenizer/encoding/r50k_base'),
  cl100k: () => import('gpt-tokenizer/encoding/cl100k_base'),
  o200k: () => import('gpt-tokenizer/encoding/o200k_base'),
};
