import type { Rows, Span } from './memory.js';

/** A stored matrix as plain data: what a job may carry to another thread. */
export interface Matrix {
  readonly width: number;
  readonly count: number;
  readonly spans: readonly Span[];
}

/** Atoms of one side: kept rows and the logarithm of each one's weight (null: every weight is 1). */
export interface Atoms {
  /** (count × d) */
  readonly keys: Matrix;
  /** (count × d) */
  readonly values: Matrix;
  /** (count × 1), natural logarithm, added to the scores. */
  readonly logWeights: Matrix | null;
}

/** What a job adds to: the numerator Σ e^s v, the denominator Σ e^s, or both from the same atoms. */
export type Role = 'both' | 'numerator' | 'denominator';

/**
 * All pairs of atoms of side 1 and side 2; the products are never built (math.md 1.2).
 * s_ab = scale·<q, k1_a * k2_b> + ln w1_a + ln w2_b + logScale, value v1_a * v2_b.
 */
export interface GridJob {
  readonly kind: 'grid';
  readonly role: Role;
  readonly side1: Atoms;
  readonly side2: Atoms;
  readonly logScale: number;
}

/** Materialised rows: s_r = scale·<q, k_r> + ln w_r + logScale, value v_r (two-cache; ordinary attention). */
export interface RowsJob {
  readonly kind: 'rows';
  readonly role: Role;
  readonly atoms: Atoms;
  readonly logScale: number;
}

/** Write the row products a_r * b_c of all pairs into `into`, row r·b.count + c (the materialising four-cache). */
export interface ProductJob {
  readonly kind: 'product';
  readonly a: Matrix;
  readonly b: Matrix;
  readonly into: Matrix;
}

/**
 * What each row of side 1 weighs, for caches whose eviction looks at the attention that rows receive:
 * into_a = ln Σ_b e^{s_ab}, s_ab with its weights as in the grid; with `side2` null, s_a itself. The marginal of the
 * softmax is e^{into_a − lse}; that of side 2 is the same job with the sides exchanged. Adds nothing to the answer.
 */
export interface MassJob {
  readonly kind: 'mass';
  readonly side1: Atoms;
  readonly side2: Atoms | null;
  readonly logScale: number;
  /** (side1.count × 1), natural logarithm. */
  readonly into: Matrix;
}

/** A job that answers part of a query; the pool cuts it into tiles by size and merges them in order. */
export type AttendJob = GridJob | RowsJob;

/**
 * How a cache answers one query, as plain data. `prepare` is finished before any of `jobs` starts; `measure` runs beside
 * them and leaves its results in memory of the cache, which reads them in `observe`.
 * The answer is (Σ numerators) / (Σ denominators) over the jobs (math.md 1.3).
 */
export interface Plan {
  readonly prepare?: readonly ProductJob[];
  readonly jobs: readonly AttendJob[];
  readonly measure?: readonly MassJob[];
}

/** Every kind of job that a pool can be given. */
export type Job = AttendJob | ProductJob | MassJob;

/** Describe rows for a job. */
export function matrix(rows: Rows): Matrix {
  return { width: rows.width, count: rows.count, spans: rows.spans() };
}

/** Describe the atoms of one side for a job. */
export function atoms(keys: Rows, values: Rows, logWeights: Rows | null = null): Atoms {
  return {
    keys: matrix(keys),
    values: matrix(values),
    logWeights: logWeights === null ? null : matrix(logWeights),
  };
}

/** The job of exact attention over kept atoms: a grid in tensor order, rows where side 2 is absent (k2 = v2 = 1). */
export function attention(side1: Atoms, side2: Atoms | null, role: Role = 'both', logScale = 0): AttendJob {
  return side2 === null
    ? { kind: 'rows', role, atoms: side1, logScale }
    : { kind: 'grid', role, side1, side2, logScale };
}

/** Jobs that measure the mass of every atom of both sides, into rows of (count × 1) that the cache holds. */
export function marginals(
  side1: Atoms,
  side2: Atoms | null,
  into1: Rows,
  into2: Rows | null,
): readonly MassJob[] {
  const of = (rows: Atoms, columns: Atoms | null, into: Rows): MassJob => {
    into.resize(rows.keys.count);
    return { kind: 'mass', side1: rows, side2: columns, logScale: 0, into: matrix(into) };
  };
  const first = of(side1, side2, into1);
  return side2 === null || into2 === null ? [first] : [first, of(side2, side1, into2)];
}

/** Pairs of atoms that a job scores. */
export function pairsOf(job: AttendJob): number {
  return job.kind === 'rows' ? job.atoms.keys.count : job.side1.keys.count * job.side2.keys.count;
}
