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

/** A job that answers part of a query; the pool cuts it into tiles by size and merges them in order. */
export type AttendJob = GridJob | RowsJob;

/**
 * How a cache answers one query, as plain data. `prepare` is finished before any of `jobs` starts.
 * The answer is (Σ numerators) / (Σ denominators) over the jobs (math.md 1.3).
 */
export interface Plan {
  readonly prepare?: readonly ProductJob[];
  readonly jobs: readonly AttendJob[];
}

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

/** Pairs of atoms that a job scores. */
export function pairsOf(job: AttendJob): number {
  return job.kind === 'rows' ? job.atoms.keys.count : job.side1.keys.count * job.side2.keys.count;
}
