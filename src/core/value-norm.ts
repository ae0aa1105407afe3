import type { Floats } from './memory.js';

const TOLERANCE = 1e-9; // of the Rayleigh quotient between two iterations
const MOST_ITERATIONS = 500;

/** ‖V1 ⊘ V2‖₂ of a growing stream of values; its state is O(d²), whatever the number of tokens. */
export interface ValueNorm {
  /** Take one token's values, (d) each; v2 is null in matrix order. */
  push(v1: Floats, v2: Floats | null): void;
  /** Spectral norm of the n² × d products of values (matrix order: of the n × d values). */
  norm(): number;
  /** The whole state: the (d × d) sums of v vᵀ of both sides. */
  save(): readonly [Float64Array, Float64Array];
  restore(saved: readonly [Float64Array, Float64Array]): void;
}

/**
 * The spectral norm without the n² products: (V1 ⊘ V2)ᵀ(V1 ⊘ V2) = (V1ᵀV1) * (V2ᵀV2) entry by entry, so the norm is the
 * root of the largest eigenvalue of a d × d matrix (math.md 1.6), by power iteration. Never from the last vector: the norm
 * must not depend on when it was asked for before.
 */
export function valueNorm(d: number): ValueNorm {
  const [gram1, gram2] = [new Float64Array(d * d), new Float64Array(d * d)];
  return {
    push(v1, v2) {
      addOuter(gram1, v1, d);
      if (v2 === null) gram2.fill(1);
      else addOuter(gram2, v2, d);
    },
    norm: () => {
      const products = gram1.map((x, i) => x * gram2[i]);
      return Math.sqrt(largestEigenvalue(products, d));
    },
    save: () => [gram1.slice(), gram2.slice()],
    restore([saved1, saved2]) {
      gram1.set(saved1);
      gram2.set(saved2);
    },
  };
}

/** gram += v vᵀ */
function addOuter(gram: Float64Array, v: Floats, d: number): void {
  for (let i = 0; i < d; i++) {
    const x = v[i];
    for (let j = 0; j < d; j++) gram[i * d + j] += x * v[j];
  }
}

/** Of a symmetric (d × d) matrix without negative eigenvalues. */
function largestEigenvalue(matrix: Float64Array, d: number): number {
  const [vector, image] = [startOf(matrix, d), new Float64Array(d)];
  let value = 0;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    let [square, dot, own] = [0, 0, 0];
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += matrix[i * d + j] * vector[j];
      image[i] = sum;
      square += sum * sum;
      dot += sum * vector[i];
      own += vector[i] * vector[i];
    }
    if (square === 0) return 0;
    const next = dot / own;
    for (let i = 0; i < d; i++) vector[i] = image[i] / Math.sqrt(square);
    if (Math.abs(next - value) <= TOLERANCE * next) return next;
    value = next;
  }
  return value;
}

/** The longest column is near the eigenvector; a little of every direction, lest it be orthogonal to it. */
function startOf(matrix: Float64Array, d: number): Float64Array {
  let longest = 0;
  for (let j = 1; j < d; j++) if (matrix[j * d + j] > matrix[longest * d + longest]) longest = j;
  const size = matrix[longest * d + longest];
  return Float64Array.from(
    { length: d },
    (_, i) => matrix[longest * d + i] + 1e-3 * size * Math.cos(i * i + 1),
  );
}
