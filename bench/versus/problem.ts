import { readFileSync, writeFileSync } from 'node:fs';
import { randomStream } from '../../src/core/random.js';

/** The rows of one stream, (n × d) each; queries carry the scale 1/√d. */
export interface Problem {
  readonly q: Float32Array;
  readonly k1: Float32Array;
  readonly k2: Float32Array;
  readonly v1: Float32Array;
  readonly v2: Float32Array;
}

/** `flat`: all scores alike. `needle`: one pair of keys that takes nearly all the weight. */
export type Kind = 'flat' | 'needle';

const NEEDLE = 5; // coordinates of the two keys, in the direction of the query: their score is 25·‖q‖₁

/** Write the same rows for every contender, so that their answers can be compared. */
export function writeProblem(path: string, n: number, d: number, kind: Kind): void {
  const random = randomStream(n, 'versus', kind, d);
  const matrix = (scale = 1) => Float32Array.from({ length: n * d }, () => scale * random.gaussian());
  const [q, k1, k2, v1, v2] = [matrix(1 / Math.sqrt(d)), matrix(), matrix(), matrix(), matrix()];
  if (kind === 'needle') {
    const [query, a, b] = [q.subarray((n - 1) * d), n >> 1, Math.floor(n / 3)];
    for (let t = 0; t < d; t++) [k1[a * d + t], k2[b * d + t]] = [NEEDLE * Math.sign(query[t]), NEEDLE];
  }
  const all = new Float32Array(5 * n * d);
  [q, k1, k2, v1, v2].forEach((rows, i) => all.set(rows, i * n * d));
  writeFileSync(path, all);
}

/** Read them back. */
export function readProblem(path: string, n: number, d: number): Problem {
  const bytes = readFileSync(path);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const [q, k1, k2, v1, v2] = Array.from({ length: 5 }, (_, i) => all.subarray(i * n * d, (i + 1) * n * d));
  return { q, k1, k2, v1, v2 };
}
