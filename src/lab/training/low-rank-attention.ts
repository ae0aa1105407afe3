import { Failure } from '../../core/failure.js';
import { monomialCount } from '../../core/monomial-count.js';
import { rowOf, type DenseMatrix } from '../matrix.js';
import type { Attention, AttentionOptions, AttentionRows } from './attention.js';
import { lowRankSweep, type LowRankSweep } from './low-rank-sweep.js';

/** How far the exponential function is followed. */
export interface LowRankOptions extends AttentionOptions {
  /** g of the Taylor polynomial. Even degrees have positive weights whatever the scores (math.md 5.3). */
  readonly degree: number;
}

/** From this many monomials on a degree is refused. */
const MOST_MONOMIALS = 100_000;

/**
 * Tensor attention by low rank, and its gradient as the training paper has it: the formula of exact attention with its
 * weights f replaced by U1·(U2 ⊘ U3)ᵀ, monomials of queries and keys up to `degree` (math.md 6.3). Time O(n·r·d²), memory
 * O(r·d² + n·d), r = C(d + g, g): nothing is (d × d²), and nothing has n² columns.
 *
 * Causal as well, which the paper leaves out: sums over rows 0 to j take the place of those over all rows. On the way back
 * rows are subtracted from them again, so late sums leave their rounding in early ones.
 *
 * @throws Failure `bad-option` of the degree; `bad-input` where the weights of a query do not sum to more than 0
 */
export function lowRankAttention({ scale, causal, degree }: LowRankOptions): Attention {
  if (!Number.isInteger(degree) || degree < 0) {
    throw new Failure('bad-option', `degree ${degree} is not a whole number from 0 on`, 'try 4');
  }
  const start = (rows: AttentionRows) => {
    refuseMonomials(rows.q.columns, degree);
    return lowRankSweep(rows, scale, degree);
  };
  return {
    forward(rows) {
      const sweep = start(rows);
      eachQuery(sweep, rows, causal, (j) => sweep.ask(j));
      return sweep.outputs;
    },
    backward(rows, byOutput) {
      const sweep = start(rows);
      eachQuery(sweep, rows, causal, (j) => {
        sweep.ask(j);
        sweep.giveQuery(j, rowOf(byOutput, j));
        if (!causal) sweep.note(j, rowOf(byOutput, j));
      });
      if (causal) unwind(sweep, byOutput);
      else giveRows(sweep, rows);
      return sweep.gradients;
    },
  };
}

/** Visit every query when the rows that it sees are taken. */
function eachQuery(
  sweep: LowRankSweep,
  { q, k1, k2 }: AttentionRows,
  causal: boolean,
  visit: (j: number) => void,
): void {
  for (let a = 0; a < k1.rows && !causal; a++) sweep.take(1, a, 1);
  for (let b = 0; b < k2.rows && !causal; b++) sweep.take(2, b, 1);
  for (let j = 0; j < q.rows; j++) {
    if (causal) takeBoth(sweep, j, 1);
    visit(j);
  }
}

function takeBoth(sweep: LowRankSweep, a: number, sign: 1 | -1): void {
  sweep.take(1, a, sign);
  sweep.take(2, a, sign);
}

function giveRows(sweep: LowRankSweep, { k1, k2 }: AttentionRows): void {
  for (let a = 0; a < k1.rows; a++) sweep.giveRow(1, a);
  for (let b = 0; b < k2.rows; b++) sweep.giveRow(2, b);
}

/** From the last query to the first: row j gets something from queries j to n − 1, which see rows up to their own. */
function unwind(sweep: LowRankSweep, byOutput: DenseMatrix): void {
  for (let j = byOutput.rows - 1; j >= 0; j--) {
    sweep.note(j, rowOf(byOutput, j));
    sweep.giveRow(1, j);
    sweep.giveRow(2, j);
    takeBoth(sweep, j, -1);
  }
}

function refuseMonomials(d: number, degree: number): void {
  const count = monomialCount(d, degree);
  if (count <= MOST_MONOMIALS) return;
  const what = `low-rank attention of degree ${degree} in d = ${d} has ${count} monomials, more than ${MOST_MONOMIALS}`;
  throw new Failure('bad-option', what, 'use a lower degree, or exact attention');
}
