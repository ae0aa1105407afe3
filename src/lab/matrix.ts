/** A matrix of float64 numbers, row by row. */
export interface DenseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A (rows × columns) matrix of zeros. */
export function zeros(rows: number, columns: number): DenseMatrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** The (rows × columns) matrix whose entry (i, j) is `entry(i, j)`, asked for row by row. */
export function matrixOf(
  rows: number,
  columns: number,
  entry: (i: number, j: number) => number,
): DenseMatrix {
  const data = Float64Array.from({ length: rows * columns }, (_, at) =>
    entry(Math.floor(at / columns), at % columns),
  );
  return { rows, columns, data };
}

/** Row `i`, (columns): a view, not a copy. */
export function rowOf({ columns, data }: DenseMatrix, i: number): Float64Array {
  return data.subarray(i * columns, (i + 1) * columns);
}

/** The first `count` rows: a view, not a copy. */
export function firstRows({ columns, data }: DenseMatrix, count: number): DenseMatrix {
  return { rows: count, columns, data: data.subarray(0, count * columns) };
}

/** The same numbers row by row as (rows × columns): a view, not a copy. */
export function reshaped({ data }: DenseMatrix, rows: number, columns: number): DenseMatrix {
  if (data.length !== rows * columns)
    throw new RangeError(`${data.length} numbers are not ${rows} × ${columns}`);
  return { rows, columns, data };
}

/** a · b: (m × k) · (k × n). */
export function multiply(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  agree(a.columns, b.rows);
  const out = zeros(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < b.rows; k++) addRow(out, i, a.data[i * a.columns + k], b, k);
  }
  return out;
}

/** aᵀ · b: (k × m)ᵀ · (k × n), without the transpose. */
export function transposeMultiply(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  agree(a.rows, b.rows);
  const out = zeros(a.columns, b.columns);
  for (let k = 0; k < a.rows; k++) {
    for (let i = 0; i < a.columns; i++) addRow(out, i, a.data[k * a.columns + i], b, k);
  }
  return out;
}

/** a · bᵀ: (m × k) · (n × k)ᵀ, without the transpose. */
export function multiplyTranspose(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  agree(a.columns, b.columns);
  const [out, k] = [zeros(a.rows, b.rows), a.columns];
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let t = 0; t < k; t++) sum += a.data[i * k + t] * b.data[j * k + t];
      out.data[i * b.rows + j] = sum;
    }
  }
  return out;
}

/** Entry by entry, for two matrices of one shape. */
export function combine(
  a: DenseMatrix,
  b: DenseMatrix,
  entry: (x: number, y: number) => number,
): DenseMatrix {
  agree(a.rows, b.rows);
  agree(a.columns, b.columns);
  const out = zeros(a.rows, a.columns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = entry(a.data[i], b.data[i]);
  return out;
}

/** a ∘ b, the product entry by entry. */
export const hadamard = (a: DenseMatrix, b: DenseMatrix): DenseMatrix => combine(a, b, (x, y) => x * y);

/** a − b */
export const minus = (a: DenseMatrix, b: DenseMatrix): DenseMatrix => combine(a, b, (x, y) => x - y);

/** factor · a */
export function scaled(a: DenseMatrix, factor: number): DenseMatrix {
  return { ...a, data: a.data.map((x) => factor * x) };
}

/** target += b */
export function addTo(target: DenseMatrix, b: DenseMatrix): void {
  agree(target.data.length, b.data.length);
  for (let i = 0; i < b.data.length; i++) target.data[i] += b.data[i];
}

/** Σ_t x_t·y_t */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += x[t] * y[t];
  return sum;
}

/** The largest |entry|; NaN when one is. */
export function largestEntry({ data }: DenseMatrix): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/** Row `i` of out += factor · row `k` of b. */
function addRow(out: DenseMatrix, i: number, factor: number, b: DenseMatrix, k: number): void {
  const n = b.columns;
  const [to, from] = [i * n, k * n];
  for (let j = 0; j < n; j++) out.data[to + j] += factor * b.data[from + j];
}

/** Shapes of users are refused by name before; what gets here is a mistake of ours. */
function agree(x: number, y: number): void {
  if (x !== y) throw new RangeError(`shapes do not fit: ${x} is not ${y}`);
}
