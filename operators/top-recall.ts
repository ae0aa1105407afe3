import type { Rows } from '../src/core/memory.js';

/**
 * Share of the k tokens with the largest mass that are among `kept` (positions in the stream). Ties go to the older
 * token; with fewer than k tokens, all of them count. `mass` is (n × 1).
 */
export function topRecall(mass: Rows, kept: readonly number[], k: number): number {
  const values = Array.from({ length: mass.count }, (_, i) => mass.read(i)[0]);
  const top = values
    .map((_, position) => position)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, k);
  const held = new Set(kept);
  return top.filter((position) => held.has(position)).length / top.length;
}
