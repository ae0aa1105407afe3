import { caches as builtIn } from '../operators/caches/index.js';
import type { SizeInput } from '../src/core/cache.js';

/** How a cache grows by its formulas, as powers of the length n. */
export interface Growth {
  /** Of what is held: 0 once a bound is reached. */
  readonly bytes: number;
  /** Of the operations of one query. */
  readonly time: number;
}

const [NEAR, FAR] = [2 ** 28, 2 ** 30]; // tokens: beyond every window, budget and break-even

/**
 * The exponents of a cache's formulas far out, where lower terms no longer count; null for a cache that is not built in
 * or does not take these options. Of a cache whose state depends on the data (clusters, thresholds) it is the most that
 * it can come to.
 */
export function growthOf(
  name: string,
  options: Readonly<Record<string, unknown>>,
  shape: Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>,
): Growth | null {
  const plugin = builtIn.find(({ spec }) => spec.name === name);
  if (plugin === undefined) return null;
  try {
    const { formula } = plugin(options);
    const [near, far] = [NEAR, FAR].map((n) => formula({ ...shape, n, census: null }));
    const power = (a: number, b: number) => Math.round((100 * Math.log(b / a)) / Math.log(FAR / NEAR)) / 100;
    const held = (size: typeof near) => size.residentBytes + size.metadataBytes;
    return { bytes: power(held(near), held(far)), time: power(near.flops, far.flops) };
  } catch {
    return null; // a trace of another version may hold options that this one refuses
  }
}
