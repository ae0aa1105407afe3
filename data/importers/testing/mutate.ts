/** A generator of whole numbers below `n` that gives the same ones for the same seed. */
export function dice(seed: number): (n: number) => number {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const WORDS = [
  '1099511627776',
  '-1',
  '4294967295',
  '0',
  '1e308',
  'NaN',
  '"',
  '[',
  '{',
  ',',
  '\n',
  '\\',
  'null',
];
const NUMBERS = [0n, 1n, 0xffffffffn, 0x7fffffffn, 0x80000000n, 1n << 40n, 0xffffffffffffffffn];

/** A file with one to four things wrong with it: bits, bytes, sizes, words, pieces cut, doubled or moved. */
export function mutate(original: Uint8Array, seed: number): Buffer<ArrayBuffer> {
  const roll = dice(seed);
  let bytes = Buffer.from(original);
  for (let times = 1 + roll(4); times > 0; times--) bytes = once(bytes, roll);
  return bytes;
}

function once(bytes: Buffer<ArrayBuffer>, roll: (n: number) => number): Buffer<ArrayBuffer> {
  if (bytes.length < 16) return Buffer.concat([bytes, Buffer.from([roll(256)])]);
  // half of the time near an end, where headers and footers are
  const near = Math.min(bytes.length, 600);
  const at = [roll(bytes.length), roll(near), bytes.length - 1 - roll(near), roll(bytes.length)][roll(4)];
  switch (roll(8)) {
    case 0:
      bytes[at] ^= 1 << roll(8);
      return bytes;
    case 1:
      bytes[at] = roll(256);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3: {
      const value = NUMBERS[roll(NUMBERS.length)];
      const start = Math.min(at, bytes.length - 8);
      if (roll(2) === 0) bytes.writeUInt32LE(Number(value & 0xffffffffn), start);
      else bytes.writeBigUInt64LE(value, start);
      return bytes;
    }
    case 4: {
      const word = Buffer.from(WORDS[roll(WORDS.length)]);
      return Buffer.concat([
        bytes.subarray(0, at),
        word,
        bytes.subarray(Math.min(bytes.length, at + roll(word.length + 1))),
      ]);
    }
    case 5: {
      const length = 1 + roll(40);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + length))]);
    }
    case 6: {
      const piece = bytes.subarray(at, at + 1 + roll(64));
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
    default: {
      const to = roll(bytes.length);
      bytes.copy(bytes, to, at, Math.min(bytes.length, at + 8));
      return bytes;
    }
  }
}
