const EPSILON = 1e-5; // that of operators/layer-norm.ts

/** Rows of mean 0 and variance 1, (n × width), and what each was multiplied with, (n). */
export interface Normed {
  readonly y: Float32Array;
  readonly factor: Float32Array;
}

/** Fill `normed` from `x`, (n × width): layer norm without gain and bias. */
export function norm(x: Float32Array, { y, factor }: Normed): void {
  const width = x.length / factor.length;
  for (let row = 0; row < factor.length; row++) {
    const from = row * width;
    let [sum, squares] = [0, 0];
    for (let t = from; t < from + width; t++) sum += x[t];
    const mean = sum / width;
    for (let t = from; t < from + width; t++) squares += (x[t] - mean) ** 2;
    factor[row] = 1 / Math.sqrt(squares / width + EPSILON);
    for (let t = from; t < from + width; t++) y[t] = (x[t] - mean) * factor[row];
  }
}

/** byX += the gradient by what was normed, from the gradient by y. */
export function addNormBack({ y, factor }: Normed, byY: Float32Array, byX: Float32Array): void {
  const width = y.length / factor.length;
  for (let row = 0; row < factor.length; row++) {
    const from = row * width;
    let [sum, along] = [0, 0];
    for (let t = from; t < from + width; t++) {
      sum += byY[t];
      along += byY[t] * y[t];
    }
    for (let t = from; t < from + width; t++)
      byX[t] += factor[row] * (byY[t] - sum / width - (y[t] * along) / width);
  }
}
