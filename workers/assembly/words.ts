// The words of a job as workers/board.ts writes them (float64), and the rows they name. A matrix is the address of its
// words: width, count, number of spans, then byte offset and rows of each span. Atoms are the address of their keys.

/** Index of a kind and of a role in workers/board.ts. */
export const GRID = 0;
export const DENOMINATOR = 2;

/** Index of words of a job. */
export const Q = 1;
export const D = 2;
export const SCALE = 3;
export const KIND = 8;
export const ROLE = 9;
export const LOG_SCALE = 10;
export const ATOMS = 11;

export function wordAt(words: usize, index: i32): f64 {
  return load<f64>(words + ((<usize>index) << 3));
}

export function countOf(matrix: usize): i32 {
  return <i32>wordAt(matrix, 1);
}

export function afterMatrix(matrix: usize): usize {
  return matrix + 8 * (3 + 2 * <usize>wordAt(matrix, 2));
}

export function valuesOf(atoms: usize): usize {
  return afterMatrix(atoms);
}

/** Log-weights; 0 where every weight is 1. */
export function weightsOf(atoms: usize): usize {
  const flag = afterMatrix(valuesOf(atoms));
  return load<f64>(flag) == 0 ? 0 : flag + 8;
}

export function afterAtoms(atoms: usize): usize {
  const weights = weightsOf(atoms);
  return weights == 0 ? afterMatrix(valuesOf(atoms)) + 8 : afterMatrix(weights);
}

/** Rows that lie together from the row `runAt` was asked for last, itself included. */
export let runRows: i32 = 0;

/** Where `row` of a matrix lies; sets `runRows`. */
export function runAt(matrix: usize, row: i32): usize {
  const width = <usize>wordAt(matrix, 0);
  const spans = <i32>wordAt(matrix, 2);
  let span = matrix + 24;
  for (let i = 0; i < spans; i++) {
    const rows = <i32>load<f64>(span, 8);
    if (row < rows) {
      runRows = rows - row;
      return <usize>load<f64>(span) + <usize>row * width * 4;
    }
    row -= rows;
    span += 16;
  }
  return unreachable();
}
