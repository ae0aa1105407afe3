/** One side of a grid: keys and values, (n × d) each, from these indices of `memory` on. */
export interface NaiveRows {
  readonly keys: number;
  readonly values: number;
}

/**
 * The fused loop of math.md 1.2 as one would first write it: no tiles, one sum at a time, so that each addition
 * waits for the one before. What the register tiles of the reference kernel are measured against. Returns o, (d).
 */
export function naiveGrid(
  memory: Float32Array,
  q: Float64Array,
  one: NaiveRows,
  two: NaiveRows,
  n: number,
): Float64Array {
  const d = q.length;
  const [y, w, out] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
  let [m, l] = [-Infinity, 0];
  for (let a = 0; a < n; a++) {
    for (let t = 0; t < d; t++) y[t] = q[t] * memory[one.keys + a * d + t];
    w.fill(0);
    for (let b = 0; b < n; b++) {
      let s = 0;
      for (let t = 0; t < d; t++) s += y[t] * memory[two.keys + b * d + t];
      if (s > m) {
        const factor = Math.exp(m - s);
        m = s;
        l *= factor;
        for (let t = 0; t < d; t++) w[t] *= factor;
        for (let t = 0; t < d; t++) out[t] *= factor;
      }
      const weight = Math.exp(s - m);
      l += weight;
      for (let t = 0; t < d; t++) w[t] += weight * memory[two.values + b * d + t];
    }
    for (let t = 0; t < d; t++) out[t] += w[t] * memory[one.values + a * d + t];
  }
  return out.map((x) => x / l);
}
