const STEPS = 14; // halves the range of radii so often, on a log scale

/**
 * The smallest radius with which leader clustering of `keys`, in their order, makes at most `most` clusters; found by
 * search with all keys at hand, which a cache cannot do: it is how math.md 4.6 sets `delta`.
 */
export function leaderRadius(keys: readonly Float64Array[], most: number): number {
  const longest = Math.max(...keys.map((key) => Math.hypot(...key)));
  let [low, high] = [1e-3, 4 * longest + 1e-9];
  for (let step = 0; step < STEPS; step++) {
    const middle = Math.sqrt(low * high);
    if (leaders(keys, middle) > most) low = middle;
    else high = middle;
  }
  return high;
}

function leaders(keys: readonly Float64Array[], radius: number): number {
  const found: Float64Array[] = [];
  for (const key of keys) {
    if (!found.some((leader) => distance(leader, key) <= radius)) found.push(key);
  }
  return found.length;
}

function distance(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += (x[t] - y[t]) ** 2;
  return Math.sqrt(sum);
}
