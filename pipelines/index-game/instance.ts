import { queryNorm, type IndexStream } from '../../src/bounds/index-output.js';
import { randomStream } from '../../src/core/random.js';

/** A hard instance: public keys, the sender's bits, and the bits that the receiver makes up for itself. */
export interface IndexInstance {
  readonly stream: IndexStream;
  /** Free value rows N: n for four caches, n² for a stream of triples. */
  readonly rows: number;
  readonly d: number;
  /** Unit vectors, (N × d), rounded to float32 as caches keep them. */
  readonly keys: readonly Float32Array[];
  /** x: 0 or 1, (N × d). */
  readonly bits: readonly Float32Array[];
  readonly guesses: readonly Float32Array[];
  /** C·κ_i for each i, (N × d). */
  readonly queries: readonly Float32Array[];
}

/** Draw an instance. Keys and guesses come from seeds that both sides know, so they are no part of the message. */
export function drawInstance(stream: IndexStream, n: number, d: number, seed: number): IndexInstance {
  const rows = stream === 'four' ? n : n * n;
  const norm = queryNorm(rows);
  const named = { stream, rows, d, seed };
  const keys = drawKeys(named);
  return {
    ...{ stream, rows, d, keys },
    bits: drawBits(named, 'bits'),
    guesses: drawBits(named, 'guesses'),
    queries: keys.map((key) => key.map((x) => norm * x)),
  };
}

/** Which rows are decoded: all, or a sample without repetition, in ascending order. */
export function drawIndices(rows: number, count: number | null, seed: number): readonly number[] {
  const all = Array.from({ length: rows }, (_, i) => i);
  if (count === null || count >= rows) return all;
  const random = randomStream(seed, 'index-game', 'indices');
  for (let i = 0; i < count; i++) {
    const j = i + random.below(rows - i);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all.slice(0, count).sort((a, b) => a - b);
}

/** What names an instance: another size is another draw. */
type Named = Pick<IndexInstance, 'stream' | 'rows' | 'd'> & { readonly seed: number };

function drawKeys({ stream, rows, d, seed }: Named): readonly Float32Array[] {
  const random = randomStream(seed, 'index-game', 'keys', stream, rows, d);
  return Array.from({ length: rows }, () => {
    const key = Array.from({ length: d }, () => random.gaussian());
    const norm = Math.hypot(...key);
    return Float32Array.from(key, (x) => x / norm);
  });
}

function drawBits({ stream, rows, d, seed }: Named, whose: string): readonly Float32Array[] {
  const random = randomStream(seed, 'index-game', whose, stream, rows, d);
  return Array.from({ length: rows }, () => Float32Array.from({ length: d }, () => random.below(2)));
}
