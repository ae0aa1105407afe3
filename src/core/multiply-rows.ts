/**
 * out = x · w for x (rows × m) and w (m × n), row-major: every number is summed in float64, from the first row of w to the
 * last, and rounded once. So a row comes out the same bit for bit, alone or among others, here or in a native kernel:
 * products of two float32 numbers are exact in float64.
 */
export type MultiplyRows = (x: Float32Array, w: Float32Array, out: Float32Array, rows: number) => void;

const TOGETHER = 4; // rows: w is read once for so many, and their sums do not wait for one another

/** The reference. */
export const multiplyRows: MultiplyRows = (x, w, out, rows) => {
  const [m, n] = [x.length / rows, out.length / rows];
  const sums = new Float64Array(TOGETHER * n);
  for (let first = 0; first < rows; first += TOGETHER) {
    const count = Math.min(TOGETHER, rows - first);
    sums.fill(0);
    for (let k = 0; k < m; k++) {
      if (count === TOGETHER) addToFour(sums, x, first * m + k, m, w, k * n, n);
      else for (let r = 0; r < count; r++) addToOne(sums, r * n, x[(first + r) * m + k], w, k * n, n);
    }
    for (let i = 0; i < count * n; i++) out[first * n + i] = sums[i];
  }
};

function addToFour(
  sums: Float64Array,
  x: Float32Array,
  at: number,
  m: number,
  w: Float32Array,
  row: number,
  n: number,
): void {
  const [x0, x1, x2, x3] = [x[at], x[at + m], x[at + 2 * m], x[at + 3 * m]];
  const [s1, s2, s3] = [n, 2 * n, 3 * n];
  for (let c = 0; c < n; c++) {
    const y = w[row + c];
    sums[c] += x0 * y;
    sums[s1 + c] += x1 * y;
    sums[s2 + c] += x2 * y;
    sums[s3 + c] += x3 * y;
  }
}

function addToOne(
  sums: Float64Array,
  at: number,
  factor: number,
  w: Float32Array,
  row: number,
  n: number,
): void {
  for (let c = 0; c < n; c++) sums[at + c] += factor * w[row + c];
}
