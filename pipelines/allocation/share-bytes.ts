/** What one head may be given, in bytes. */
export interface Bounds {
  /** Below this a cache cannot work. */
  readonly least: number;
  /** Beyond this more changes nothing; Infinity: it always does. */
  readonly most: number;
}

/**
 * Share `total` bytes in proportion to weights, but for shares below `least`, which get that, and above `most`, which get no
 * more: what they leave goes to the others. Whole bytes, rounded down, so that together they never are more than `total`.
 * `total` must hold `least` for everyone; weights are above 0.
 */
export function shareBytes(
  total: number,
  weights: readonly number[],
  { least, most }: Bounds,
): readonly number[] {
  const settled = new Map<number, number>();
  for (;;) {
    const open = weights.flatMap((_, i) => (settled.has(i) ? [] : [i]));
    const left = [...settled.values()].reduce((rest, bytes) => rest - bytes, total);
    const sum = open.reduce((all, i) => all + weights[i], 0);
    const shareOf = (i: number) => (left * weights[i]) / sum;
    const [low, high] = [open.filter((i) => shareOf(i) < least), open.filter((i) => shareOf(i) > most)];
    if (low.length === 0 && high.length === 0)
      return weights.map((_, i) => settled.get(i) ?? Math.floor(shareOf(i)));
    const missing = low.reduce((all, i) => all + least - shareOf(i), 0);
    const spare = high.reduce((all, i) => all + shareOf(i) - most, 0);
    // the side that moves more is right whatever becomes of the other, as flexible boxes on a page are laid out
    if (spare >= missing) for (const i of high) settled.set(i, most);
    else for (const i of low) settled.set(i, least);
  }
}
