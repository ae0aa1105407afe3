import { Failure } from '../../src/core/failure.js';
import type { DenseMatrix } from '../../src/lab/matrix.js';
import { readCalibration, type Calibration } from '../prune/calibration.js';
import type { AllocatedShape } from './allocate.js';

const [TOKENS, MOST_TOKENS, QUERIES] = [256, 512, 16]; // n² scores for each query and head

/**
 * How many tokens the exact attention of every head is spread over, by layer and head: e^H, H the entropy of a side's share of
 * the softmax (its marginal), mean over both sides and over 16 queries evenly through the first `at` (256, at most 512) tokens of
 * a recording's first stream. Marginals, because a cache keeps tokens of a side and not pairs; entropy and not the deviation R of
 * the scores, because it needs no law for how scores are distributed, and its unit is that of a budget: tokens.
 *
 * @throws Failure `bad-input` for a recording of another model, named by its sizes; and as the recording source
 */
export async function measureSpread(
  path: string,
  shape: AllocatedShape,
  at: number | null,
): Promise<readonly (readonly number[])[]> {
  const calibration = await readCalibration(path, {
    tokens: Math.min(at ?? TOKENS, MOST_TOKENS),
    streamId: null,
  });
  refuseOtherModel(calibration, shape);
  return Array.from({ length: shape.layers }, (_, layer) => {
    const rows = (part: 'q' | 'k1' | 'k2') => calibration.rows(layer, part);
    const [q, k1, k2] = [rows('q'), rows('k1'), shape.order === 'tensor' ? rows('k2') : null];
    return Array.from({ length: shape.heads }, (_, head) => {
      const of = (all: DenseMatrix) => headRows(all, head, shape.d);
      return spreadOf({ q: of(q), k1: of(k1), k2: k2 && of(k2), scale: calibration.shape.scale });
    });
  });
}

/** Rows of one head, (n × d) each. */
interface HeadRows {
  readonly q: readonly Float64Array[];
  readonly k1: readonly Float64Array[];
  readonly k2: readonly Float64Array[] | null;
  readonly scale: number;
}

/** Mean over queries and sides of e^H. */
export function spreadOf(rows: HeadRows): number {
  const n = rows.q.length;
  let sum = 0;
  for (let query = 1; query <= QUERIES; query++) {
    const marginals = marginalsAt(rows, Math.ceil((query * n) / QUERIES) - 1);
    for (const marginal of marginals) sum += Math.exp(entropy(marginal)) / marginals.length;
  }
  return sum / QUERIES;
}

/** What each token of a side holds of the softmax of the query at a position, for every side. */
function marginalsAt({ q, k1, k2, scale }: HeadRows, position: number): readonly Float64Array[] {
  const [count, width] = [position + 1, k2 === null ? 1 : position + 1];
  const scores = new Float64Array(count * width);
  let most = -Infinity;
  for (let a = 0; a < count; a++) {
    const row = q[position].map((x, t) => scale * x * k1[a][t]);
    for (let b = 0; b < width; b++) {
      const score = row.reduce((sum, x, t) => sum + (k2 === null ? x : x * k2[b][t]), 0);
      scores[a * width + b] = score;
      if (score > most) most = score;
    }
  }
  const [side1, side2] = [new Float64Array(count), new Float64Array(width)];
  scores.forEach((score, at) => {
    const weight = Math.exp(score - most);
    side1[Math.floor(at / width)] += weight;
    side2[at % width] += weight;
  });
  return k2 === null ? [side1] : [side1, side2];
}

/** Of weights that need not sum to 1, in nats. */
function entropy(weights: Float64Array): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.reduce((sum, weight) => sum - (weight > 0 ? (weight / all) * Math.log(weight / all) : 0), 0);
}

function headRows({ rows, columns, data }: DenseMatrix, head: number, d: number): readonly Float64Array[] {
  return Array.from({ length: rows }, (_, i) =>
    data.subarray(i * columns + head * d, i * columns + (head + 1) * d),
  );
}

function refuseOtherModel({ path, shape: recorded }: Calibration, shape: AllocatedShape): void {
  for (const key of ['layers', 'heads', 'd', 'order'] as const) {
    if (recorded[key] === shape[key]) continue;
    throw new Failure(
      'bad-input',
      `calibration ${path} is of another model: it has ${key} = ${recorded[key]}, the run has ${key} = ${shape[key]}`,
      'record with the model of the run: `kronflow record`',
    );
  }
}
