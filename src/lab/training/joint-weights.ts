import { multiply, multiplyTranspose, transposeMultiply, zeros, type DenseMatrix } from '../matrix.js';
import type { TrainingWeights } from './problem.js';
import { columnKronecker } from './tensor-products.js';

/** The weights as the paper has them: x (d × d²) of scores, y (d² × d) of values. Not every one has factors. */
export interface JointWeights {
  readonly x: DenseMatrix;
  readonly y: DenseMatrix;
}

/** X = X1·(X2 ⊘ X3)ᵀ and Y = Y1 ⊘ Y2. */
export function joinWeights({ x1, x2, x3, y1, y2 }: TrainingWeights): JointWeights {
  return { x: multiplyTranspose(x1, columnKronecker(x2, x3)), y: columnKronecker(y1, y2) };
}

/** Gradients by the factors from those by X and Y, by the chain rule (math.md 6.2). */
export function splitGradients(
  joint: JointWeights,
  { x1, x2, x3, y1, y2 }: TrainingWeights,
): TrainingWeights {
  const keys = transposeMultiply(joint.x, x1); // by X2 ⊘ X3, (d² × d)
  return {
    x1: multiply(joint.x, columnKronecker(x2, x3)),
    ...{ x2: byFirst(keys, x3), x3: bySecond(keys, x2) },
    ...{ y1: byFirst(joint.y, y2), y2: bySecond(joint.y, y1) },
  };
}

/** From the gradient by a ⊘ b that by a: entry (j, t) is Σ_l g[(j, l), t]·b[l, t]. */
function byFirst(products: DenseMatrix, b: DenseMatrix): DenseMatrix {
  return contract(products, b, (j, l) => [j, l]);
}

/** From the gradient by a ⊘ b that by b: entry (l, t) is Σ_j g[(j, l), t]·a[j, t]. */
function bySecond(products: DenseMatrix, a: DenseMatrix): DenseMatrix {
  return contract(products, a, (j, l) => [l, j]);
}

function contract(
  products: DenseMatrix,
  other: DenseMatrix,
  rows: (j: number, l: number) => readonly [number, number],
): DenseMatrix {
  const d = products.columns;
  const out = zeros(d, d);
  for (let j = 0; j < d; j++) {
    for (let l = 0; l < d; l++) {
      const [into, from] = rows(j, l);
      for (let t = 0; t < d; t++) {
        out.data[into * d + t] += products.data[(j * d + l) * d + t] * other.data[from * d + t];
      }
    }
  }
  return out;
}
