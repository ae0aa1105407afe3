import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Seeded random numbers whose whole state can be copied, so that a restored cache goes on bit for bit. */
export interface Random {
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, n), n ≤ 2^53. */
  below(n: number): number;
  /** Standard normal. */
  gaussian(): number;
  /** Five numbers: four 32-bit words and the spare normal (NaN when there is none). */
  state(): number[];
  restore(state: readonly number[]): void;
}

/**
 * A random stream named by a seed and any labels: the same name gives the same numbers on every machine,
 * different names give unrelated streams. No stream is shared, so no order of use can change another one.
 */
export function randomStream(seed: number, ...labels: readonly (string | number)[]): Random {
  return fromState([...hash128([seed, ...labels].join('\u0000')), NaN]);
}

function fromState(start: readonly number[]): Random {
  let words = xoroshiro128plusFromState(start.slice(0, 4));
  let spare = start[4];
  const uniform = () => {
    const high = words.next() >>> 5;
    const low = words.next() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  };
  return {
    uniform,
    below: (n) => Math.floor(uniform() * n),
    gaussian() {
      if (!Number.isNaN(spare)) {
        const value = spare;
        spare = NaN;
        return value;
      }
      // Polar method: only sqrt and log, whose bits have not changed between V8 versions as sin and cos have.
      for (;;) {
        const [x, y] = [2 * uniform() - 1, 2 * uniform() - 1];
        const r2 = x * x + y * y;
        if (r2 >= 1 || r2 === 0) continue;
        const scale = Math.sqrt((-2 * Math.log(r2)) / r2);
        spare = y * scale;
        return x * scale;
      }
    },
    state: () => [...words.getState(), spare],
    restore(state) {
      words = xoroshiro128plusFromState(state.slice(0, 4));
      spare = state[4];
    },
  };
}

/** Four well-mixed 32-bit words of a text (MurmurHash3's finaliser over four running hashes). */
function hash128(text: string): number[] {
  const words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];
  for (let i = 0; i < text.length; i++) {
    for (let w = 0; w < 4; w++) words[w] = mix(words[w] ^ (text.charCodeAt(i) + w * 0x9e3779b9));
  }
  return words.map((word, w) => mix(word + w + text.length) | 0);
}

function mix(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
