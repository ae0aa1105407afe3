import { cholesky, solveCholesky } from '../cholesky.js';
import { matrixOf, scaled, transposeMultiply, type DenseMatrix } from '../matrix.js';
import { prunedCount, smallestFirst, type Pruned } from './masks.js';

const [BLOCK, DAMPING] = [128, 0.01]; // of the reference

/**
 * SparseGPT for Y = x·W, x (n × in) and W (in × out): inputs are pruned one after the other, and what each loses is made up
 * for by the weights of the inputs behind it, as the inverse of H = 2/n·xᵀx tells (math.md 8.5). Each block of 128 inputs
 * loses exactly round(ratio·size) weights (the reference one more). Ratio 0 returns W, but for inputs that are always 0.
 */
export function sparseGpt(x: DenseMatrix, weight: DenseMatrix, ratio: number): Pruned {
  const [inputs, outputs] = [weight.rows, weight.columns];
  const { factor, dead } = inverseFactor(x);
  const w: DenseMatrix = { ...weight, data: weight.data.slice() };
  const mask: DenseMatrix = { ...weight, data: new Float64Array(w.data.length).fill(1) };
  for (const i of dead) w.data.fill(0, i * outputs, (i + 1) * outputs);
  for (let first = 0; first < inputs; first += BLOCK) {
    const end = Math.min(inputs, first + BLOCK);
    markBlock(w, mask, factor, [first, end], ratio);
    for (let i = first; i < end; i++) pruneInput(w, mask, factor, i);
  }
  return { weight: w, mask };
}

/** Upper U, (in × in), with UᵀU = H⁻¹, and the inputs that are always 0. */
function inverseFactor(x: DenseMatrix): { readonly factor: DenseMatrix; readonly dead: readonly number[] } {
  const n = x.columns;
  const h = scaled(transposeMultiply(x, x), 2 / x.rows);
  const dead = Array.from({ length: n }, (_, i) => i).filter((i) => h.data[i * n + i] === 0);
  for (const i of dead) h.data[i * n + i] = 1;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += h.data[i * n + i];
  for (let i = 0; i < n; i++) h.data[i * n + i] += (DAMPING * trace) / n;
  const identity = matrixOf(n, n, (i, j) => (i === j ? 1 : 0));
  const lower = cholesky(solveCholesky(positive(cholesky(h)), identity));
  const { data } = positive(lower);
  return { factor: matrixOf(n, n, (i, j) => data[j * n + i]), dead };
}

function positive(factor: DenseMatrix | null): DenseMatrix {
  if (factor === null) throw new RangeError('a damped Gram matrix is positive definite'); // inputs are finite by now
  return factor;
}

/** Scores w²/U_ii² of the inputs of a block, as they are before the block is pruned. */
function markBlock(
  w: DenseMatrix,
  mask: DenseMatrix,
  factor: DenseMatrix,
  [first, end]: readonly [number, number],
  ratio: number,
): void {
  const outputs = w.columns;
  const scores = w.data
    .slice(first * outputs, end * outputs)
    .map((x, at) => (x / diagonal(factor, first + Math.floor(at / outputs))) ** 2);
  for (const at of smallestFirst(scores).subarray(0, prunedCount(scores.length, ratio)))
    mask.data[first * outputs + at] = 0;
}

/** Zero what the mask says of input `i`; inputs behind it make up for the loss. */
function pruneInput(w: DenseMatrix, mask: DenseMatrix, factor: DenseMatrix, i: number): void {
  const [inputs, outputs] = [w.rows, w.columns];
  for (let j = 0; j < outputs; j++) {
    if (mask.data[i * outputs + j] === 1) continue;
    const loss = w.data[i * outputs + j] / diagonal(factor, i);
    w.data[i * outputs + j] = 0;
    for (let k = i + 1; k < inputs; k++) w.data[k * outputs + j] -= loss * factor.data[i * inputs + k];
  }
}

const diagonal = ({ columns, data }: DenseMatrix, i: number) => data[i * columns + i];
