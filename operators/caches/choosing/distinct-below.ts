import type { Random } from '../../../src/core/random.js';

/** `count` different integers in [0, n), uniform over all such sets, ascending (Floyd's algorithm). */
export function distinctBelow(n: number, count: number, random: Random): Int32Array {
  const drawn = new Set<number>();
  for (let j = n - count; j < n; j++) {
    const candidate = random.below(j + 1);
    drawn.add(drawn.has(candidate) ? j : candidate);
  }
  return Int32Array.from(drawn).sort();
}
