import type { Span } from '../../../src/core/memory.js';
import type { Atoms, Matrix } from '../../../src/core/plan.js';

/** Rows [from, to) of a matrix. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The same atoms, but only some ranges of them, ascending and apart: plain data, nothing is copied. */
export function sliceAtoms(
  { keys, values, logWeights }: Atoms,
  ranges: readonly Range[],
  bytesPerNumber: number,
): Atoms {
  const slice = (matrix: Matrix) => sliceMatrix(matrix, ranges, bytesPerNumber);
  return { keys: slice(keys), values: slice(values), logWeights: logWeights && slice(logWeights) };
}

/**
 * The rows of a matrix that lie in `ranges`, ascending and apart. Neighbouring ranges become one span, but never across
 * blocks: whether two blocks are neighbours in memory depends on what else was allocated, and how rows are cut into spans
 * decides how a kernel rounds.
 */
export function sliceMatrix(matrix: Matrix, ranges: readonly Range[], bytesPerNumber: number): Matrix {
  const rowBytes = matrix.width * bytesPerNumber;
  const spans: Span[] = [];
  let [count, at, first] = [0, 0, 0]; // span `at` starts with row `first`
  for (const { from, to } of ranges) {
    let row = from;
    while (row < to) {
      const { offset, rows } = matrix.spans[at];
      if (row >= first + rows) {
        first += rows;
        at++;
        continue;
      }
      const end = Math.min(to, first + rows);
      const span = { offset: offset + (row - first) * rowBytes, rows: end - row };
      if (row === first) spans.push(span);
      else addSpan(spans, span, rowBytes);
      count += end - row;
      row = end;
    }
  }
  return { width: matrix.width, count, spans };
}

/** Add a span, or make the last one longer if it ends where this one starts. */
function addSpan(spans: Span[], span: Span, rowBytes: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last.offset + last.rows * rowBytes === span.offset) {
    spans[spans.length - 1] = { offset: last.offset, rows: last.rows + span.rows };
  } else spans.push(span);
}
