/** A matrix (rows × columns) without its zeros: compressed sparse rows. Row i is entries `starts[i]` to `starts[i + 1]`. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly starts: Uint32Array;
  /** Column of every entry, ascending in a row; 2 bytes each where all columns fit. */
  readonly at: Uint16Array | Uint32Array;
  readonly values: Float32Array;
}

const SHORT = 2 ** 16; // columns that 16 bits can tell apart

/** Leave out the zeros of `w`, (rows × columns) row by row. */
export function compressRows(w: Float32Array, rows: number): SparseMatrix {
  const columns = w.length / rows;
  const count = w.length - countZeros(w);
  const at = columns <= SHORT ? new Uint16Array(count) : new Uint32Array(count);
  const [starts, values] = [new Uint32Array(rows + 1), new Float32Array(count)];
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = w[row * columns + column];
      if (value === 0) continue;
      [at[next], values[next]] = [column, value];
      next++;
    }
    starts[row + 1] = next;
  }
  return { rows, columns, starts, at, values };
}

/** Numbers that are 0 (or −0). */
export function countZeros(w: Float32Array): number {
  let zeros = 0;
  for (let i = 0; i < w.length; i++) if (w[i] === 0) zeros++;
  return zeros;
}

/** Bytes of values, columns and starts. */
export function sparseBytes({ starts, at, values }: SparseMatrix): number {
  return starts.byteLength + at.byteLength + values.byteLength;
}

const TOGETHER = 4; // rows of x: an entry is read once for so many

/**
 * out = x · w for x (rows × w.rows): the numbers of `multiplyRows` for the dense matrix, bit for bit. Sums go in the same order,
 * and a product with 0 would add 0 to a sum that is never −0. x must be finite: ∞ · 0 is not 0.
 */
export function multiplySparse(x: Float32Array, w: SparseMatrix, out: Float32Array, rows: number): void {
  const n = w.columns;
  const sums = new Float64Array(Math.min(rows, TOGETHER) * n);
  let first = 0;
  for (; first + TOGETHER <= rows; first += TOGETHER) {
    sums.fill(0);
    addFour(sums, x, first * w.rows, w);
    for (let r = 0; r < TOGETHER; r++)
      for (let c = 0; c < n; c++) out[(first + r) * n + c] = sums[TOGETHER * c + r];
  }
  for (; first < rows; first++) {
    sums.fill(0, 0, n);
    addOne(sums, x, first * w.rows, w);
    for (let c = 0; c < n; c++) out[first * n + c] = sums[c];
  }
}

/** One row of x: a step of decoding has no more of one stream, and four at once would do three for nothing. */
function addOne(
  sums: Float64Array,
  x: Float32Array,
  from: number,
  { rows, starts, at, values }: SparseMatrix,
): void {
  for (let k = 0, i = 0; k < rows; k++) {
    const [factor, end] = [x[from + k], starts[k + 1]];
    for (; i < end; i++) sums[at[i]] += factor * values[i];
  }
}

/** Four rows of x at once; their sums of a column stand side by side. */
function addFour(
  sums: Float64Array,
  x: Float32Array,
  from: number,
  { rows, starts, at, values }: SparseMatrix,
): void {
  for (let k = 0, i = 0; k < rows; k++) {
    const a = from + k;
    const [x0, x1, x2, x3] = [x[a], x[a + rows], x[a + 2 * rows], x[a + 3 * rows]];
    for (const end = starts[k + 1]; i < end; i++) {
      const [to, y] = [TOGETHER * at[i], values[i]];
      sums[to] += x0 * y;
      sums[to + 1] += x1 * y;
      sums[to + 2] += x2 * y;
      sums[to + 3] += x3 * y;
    }
  }
}
