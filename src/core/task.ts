/**
 * Rows of a matrix in shared memory, as a task sees them. Other threads read them at the same time, so a task must not
 * write: the types have no way to.
 */
export interface TaskRows {
  /** Numbers per row. */
  readonly width: number;
  readonly count: number;
  /** Row `index`, (width). A view: valid during the call. */
  row(index: number): ArrayLike<number>;
  /** All rows in order, in one or more pieces of (rows × width) numbers: faster where rows are short. */
  pieces(): readonly ArrayLike<number>[];
}

/** One call of a task: rows [from, to) of its job. */
export interface TaskCall {
  /** The query, (d); a copy. */
  readonly q: Float64Array;
  /** Scores are scale·<q, k>. */
  readonly scale: number;
  readonly from: number;
  readonly to: number;
  /** As in the job. */
  readonly inputs: readonly TaskRows[];
  readonly numbers: readonly number[];
}

/** What one call leaves: sums over its share of the pairs at the reference m, not normalised (math.md 1.3). */
export interface TaskPartial {
  /** The reference, at best the largest score: then no sum overflows. −∞ where nothing was scored; then l and acc are 0. */
  readonly m: number;
  /** Σ e^(s − m) */
  readonly l: number;
  /** Σ e^(s − m)·v, (d) */
  readonly acc: ArrayLike<number>;
  /** Pairs scored. */
  readonly pairs: number;
  /** Operations done, exponentials not included. */
  readonly flops: number;
}

/**
 * A kernel of a plug-in: a function that depends on its argument alone. It runs in any thread and in any order, so that
 * what it leaves must not depend on time, chance or earlier calls; it answers at once, not with a promise.
 */
export type Task = (call: TaskCall) => TaskPartial;
