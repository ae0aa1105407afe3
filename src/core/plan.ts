import type { Rows, Span, Wide } from './memory.js';

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
  readonly skip?: Skip | undefined;
}

/** Materialised rows: s_r = scale·<q, k_r> + ln w_r + logScale, value v_r (two-cache; ordinary attention). */
export interface RowsJob {
  readonly kind: 'rows';
  readonly role: Role;
  readonly atoms: Atoms;
  readonly logScale: number;
  readonly skip?: Skip | undefined;
}

/** Keys per block of a job that skips; kernels work on so many rows at a time. */
export const SKIP_BLOCK = 64;

/** The smallest and largest coordinates of each SKIP_BLOCK consecutive keys, (blocks × d) each; the last may be short. */
export interface Blocks {
  readonly lo: Matrix;
  readonly hi: Matrix;
}

/**
 * What lets a kernel leave out pairs that cannot matter (math.md 7.7): a block of side 1 with one of side 2, or half the
 * rows of one, is skipped when its largest possible score U is below M − tau, M a score that was found. A kernel may also
 * score everything. What was skipped is bounded in `Answer.rest`. Weights must be 1.
 */
export interface Skip {
  /** With tau = ln(pairs/η) what is skipped is at most η of what is kept. */
  readonly tau: number;
  readonly blocks1: Blocks;
  /** Null where there is no side 2. */
  readonly blocks2: Blocks | null;
  /** Scratch, (blocks of side 1 · blocks of side 2 × 1), row A·blocks2 + B: largest possible score of the block pair. */
  readonly bounds: Matrix;
  /** Scratch, (blocks of side 1 × 1): large scores that were found, −∞ where none was looked for. */
  readonly found: Matrix;
}

/**
 * Fill `skip.bounds` and `skip.found`: the bounds of all block pairs, from the corners of their boxes, and the largest
 * score of the few pairs with the largest bounds (of each tile: they are cut by size, so this depends on nothing else).
 */
export interface BoundsJob {
  readonly kind: 'bounds';
  readonly keys1: Matrix;
  readonly keys2: Matrix | null;
  readonly skip: Skip;
}

/**
 * The part of an answer that comes from sums over monomials of the keys (math.md 5.1): adds factor·Σ_f n_f·A1[f,j]·A2[f,j]
 * to the numerator and factor·Σ_f w_f·A1[f,d]·A2[f,d] to the denominator. Without side 2, A2 is all ones. Its numbers are
 * float64 in every memory: `parts.rows(…, 'f64')`. Scores no pair.
 */
export interface FeaturesJob {
  readonly kind: 'features';
  readonly role: 'both';
  /** A1 and A2, (r × (d + 1)): per monomial the sums of value coordinates and, last, of 1. */
  readonly side1: Matrix;
  readonly side2: Matrix | null;
  /** (r × 2): n_f and w_f of this query. */
  readonly weights: Matrix;
  /** 1, or −1 for what another job of the plan has too much. */
  readonly factor: 1 | -1;
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

/** What a task reads. Float32 in a run; of float64, `{ ...matrix(rows), wide: 'f64' }`. */
export interface TaskInput extends Matrix {
  readonly wide?: Wide;
}

/**
 * A part of an answer that a function of a plug-in computes (src/core/task.ts; docs/custom-kernels.md has the rules). It
 * runs in whichever thread takes it, on every kernel alike, and its partials are merged as those of other jobs are.
 */
export interface TaskJob {
  readonly kind: 'task';
  readonly role: Role;
  /** `MODULE#EXPORT`, e.g. `${import.meta.url}#sumRows`: a URL that every thread imports, never a closure. */
  readonly task: string;
  /** Rows of work. They are cut by size alone, and the function is called once for each piece. */
  readonly rows: number;
  /** Pairs that all calls together score, at most: how large the job is. */
  readonly pairs: number;
  readonly inputs: readonly TaskInput[];
  /** Whatever else the function should know. */
  readonly numbers: readonly number[];
}

/** A job over atoms, which can be asked what it scores. */
export type AtomsJob = GridJob | RowsJob;

/** A job that answers part of a query; the pool cuts it into tiles by size and merges them in order. */
export type AttendJob = AtomsJob | FeaturesJob | TaskJob;

/**
 * How a cache answers one query, as plain data. `prepare` is finished before any of `jobs` starts; `measure` runs beside
 * them and leaves its results in memory of the cache, which reads them in `observe`.
 * The answer is (Σ numerators) / (Σ denominators) over the jobs (math.md 1.3); with `combine` 'product' every job is
 * answered by itself and the outputs are multiplied entry by entry: attention over all pairs where scores of the sides
 * add instead of multiply, Σ_ab e^{s_a + s_b} v1_a * v2_b = (Σ_a e^{s_a} v1_a) * (Σ_b e^{s_b} v2_b).
 */
export interface Plan {
  readonly prepare?: readonly PrepareJob[];
  readonly jobs: readonly AttendJob[];
  readonly combine?: 'sum' | 'product';
  readonly measure?: readonly MassJob[];
  /** Operations that making the plan took on the calling thread; added to those that the kernels count. */
  readonly flops?: number;
}

/** A job that must be finished before others start. */
export type PrepareJob = ProductJob | BoundsJob;

/** Every kind of job that a pool can be given. */
export type Job = AttendJob | PrepareJob | MassJob;

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
export function attention(
  side1: Atoms,
  side2: Atoms | null,
  role: Role = 'both',
  logScale = 0,
): GridJob | RowsJob {
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

/** The plan of exact attention that leaves out what `skip` allows: bounds first, then the pairs that are left. */
export function skipping(side1: Atoms, side2: Atoms | null, skip: Skip): Plan {
  if (side1.logWeights ?? side2?.logWeights) throw new RangeError('skipping needs atoms of weight 1');
  const bounds: BoundsJob = { kind: 'bounds', keys1: side1.keys, keys2: side2?.keys ?? null, skip };
  return { prepare: [bounds], jobs: [{ ...attention(side1, side2), skip }] };
}

/** Whether a job is one over atoms. */
export function hasAtoms(job: AttendJob): job is AtomsJob {
  return job.kind === 'grid' || job.kind === 'rows';
}

/** Pairs of atoms that a job scores; with `skip`, and in a task, at most. */
export function pairsOf(job: AttendJob): number {
  if (job.kind === 'task') return job.pairs;
  if (job.kind === 'features') return 0;
  return job.kind === 'rows' ? job.atoms.keys.count : job.side1.keys.count * job.side2.keys.count;
}
