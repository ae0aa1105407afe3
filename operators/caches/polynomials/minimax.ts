const NODES = 400;
const ROUNDS = 60;

/**
 * Coefficients c_0 … c_g of a polynomial with nearly the smallest max |p(x)·e^−x − 1| over [−B, B]: least squares at
 * Chebyshev nodes, whose weights are multiplied by the residuals 60 times (Lawson's iteration; math.md 5.2). Good for
 * g ≤ 16 in float64. Its error is for `weightError` to say; here it is only made small.
 */
export function minimaxCoefficients(g: number, B: number): number[] {
  const nodes = Array.from({ length: NODES }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / NODES));
  const columns = chebyshev(g, nodes).map((column) => column.map((x, i) => x * Math.exp(-B * nodes[i])));
  const weights = new Float64Array(NODES).fill(1 / NODES);
  let best = { error: Infinity, solution: [1] };
  for (let round = 0; round < ROUNDS; round++) {
    const solution = leastSquares(columns, weights);
    const residuals = weights.map((_, i) =>
      Math.abs(columns.reduce((s, c, k) => s + solution[k] * c[i], -1)),
    );
    const error = residuals.reduce((max, x) => Math.max(max, x), 0);
    if (error < best.error) best = { error, solution };
    const total = weights.reduce((sum, w, i) => sum + (weights[i] = w * (residuals[i] + 1e-300)), 0);
    weights.forEach((w, i) => (weights[i] = w / total));
  }
  return toMonomials(best.solution).map((c, k) => c / B ** k);
}

/** T_0 … T_g at each node. */
function chebyshev(g: number, nodes: readonly number[]): Float64Array[] {
  const columns = [new Float64Array(nodes.length).fill(1), Float64Array.from(nodes)];
  for (let k = 2; k <= g; k++) {
    columns.push(columns[k - 1].map((x, i) => 2 * nodes[i] * x - columns[k - 2][i]));
  }
  return columns.slice(0, g + 1);
}

/** The solution of min Σ w_i (Σ_k x_k·column_k[i] − 1)², by modified Gram-Schmidt. */
function leastSquares(columns: readonly Float64Array[], weights: Float64Array): number[] {
  const roots = weights.map(Math.sqrt);
  const q: Float64Array[] = [];
  const r: number[][] = [];
  for (const column of columns) {
    const left = column.map((x, i) => x * roots[i]);
    const projections = q.map((direction) => removed(left, direction));
    const norm = Math.sqrt(dot(left, left));
    q.push(left.map((x) => x / norm));
    r.push([...projections, norm]);
  }
  const right = Float64Array.from(roots);
  const solution = q.map((direction) => removed(right, direction));
  for (let k = solution.length - 1; k >= 0; k--) {
    for (let j = k + 1; j < solution.length; j++) solution[k] -= r[j][k] * solution[j];
    solution[k] /= r[k][k];
  }
  return solution;
}

/** Take the part along a unit vector out of `x`; returns its length. */
function removed(x: Float64Array, direction: Float64Array): number {
  const length = dot(x, direction);
  for (let i = 0; i < x.length; i++) x[i] -= length * direction[i];
  return length;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** Σ a_k T_k(t) as Σ m_k t^k. */
function toMonomials(a: readonly number[]): number[] {
  let [before, current] = [[1], [0, 1]];
  const sum = new Array<number>(a.length).fill(0);
  for (const weight of a) {
    before.forEach((c, k) => (sum[k] += weight * c));
    const next = [0, ...current.map((c) => 2 * c)].map((c, k) => c - (before[k] ?? 0));
    [before, current] = [current, next];
  }
  return sum;
}
