/**
 * Cut positions 0 … n − 1 into at most `bins` runs that differ by one in length at most: bin b starts at ⌊b·n/B⌋. `x` is the
 * mean position of a bin, by which plots place it.
 */
export function positionBins(
  n: number,
  bins: number,
): readonly { readonly from: number; readonly to: number; readonly x: number }[] {
  const count = Math.min(n, bins);
  return Array.from({ length: count }, (_, b) => {
    const [from, to] = [Math.floor((b * n) / count), Math.floor(((b + 1) * n) / count)];
    return { from, to, x: (from + to - 1) / 2 };
  });
}
