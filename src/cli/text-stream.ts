/** Bytes, one by one, as text: what is written always ends at the end of a character. */
export interface TextStream {
  /** @throws RangeError for what is no byte */
  push(byte: number): void;
}

/** Write bytes of UTF-8 as they come, a character when its last byte is there; U+FFFD for what is none. */
export function textStream(write: (text: string) => void): TextStream {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push(byte) {
      if (!(byte >= 0 && byte < 256)) throw new RangeError(`${byte} is no byte`);
      const text = decoder.decode(Uint8Array.of(byte), { stream: true });
      if (text !== '') write(text);
    },
  };
}
