import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats, Rows } from '../../../src/core/memory.js';
import { atoms, attention, type AttendJob } from '../../../src/core/plan.js';

/** Atoms of one side that lie together: entries as they came (no moments), or centroids. */
export interface MomentRows {
  readonly keys: Rows;
  readonly values: Rows;
  readonly logWeights: Rows | null;
  readonly moments: Rows | null;
}

/** One side as the correction needs it. */
export interface MomentSide {
  readonly rows: readonly MomentRows[];
  /** Largest |v|₂ of any entry of this side. */
  readonly longest: number;
}

/** An atom, copied to float64; `x` is its moment, (d × d) row by row. */
interface Atom {
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly logWeight: number;
  readonly x: Float64Array | null;
}
interface Side {
  readonly atoms: readonly Atom[];
  readonly longest: number;
}

/** Atoms of a side, and how many of them have moments. */
type Count = readonly [atoms: number, centroids: number];

/** Operations of building those rows on the calling thread; in matrix order side 2 is one atom, k2 = v2 = 1. */
export function firstOrderFlops(d: number, [atoms1, centroids1]: Count, [atoms2, centroids2]: Count): number {
  const directions = d + (atoms1 + atoms2) * d;
  const corrections = (centroids1 * atoms2 + centroids2 * atoms1) * (2 * d * d + 3 * d);
  const crossed = centroids1 * d * d + centroids1 * centroids2 * (2 * d * d + d);
  return directions + corrections + crossed + 2 * atoms1 * atoms2 * d;
}

/**
 * Make the builder of a job whose values are right to first order in the scatter of clusters (math.md 4.5). With
 * y2 = scale·q * k̄2 and y1 = scale·q * k̄1 the value of a pair of atoms is
 *   (v̄1 + X1·y2) * (v̄2 + X2·y1) + Σ_t scale·q_t·X1[:,t] * X2[:,t]
 * and X = 0 for an entry that is kept as it came. A correction longer than the longest value of its side says that the
 * expansion does not hold there: the pair does without that side's part.
 *
 * Such a value belongs to a pair, not to a side. So pairs are materialised in scratch, with the key k̄1 * k̄2, on the
 * calling thread: O((m1·M2 + m2·M1)·d²) for M atoms and m centroids a side, which is for some dozens of clusters.
 */
export function firstOrderRows({
  d,
  scale,
  rows,
}: Pick<CacheParts, 'd' | 'scale' | 'rows'>): (
  q: Floats,
  side1: MomentSide,
  side2: MomentSide | null,
) => AttendJob {
  const [keys, values, logWeights] = [rows(d, 'scratch'), rows(d, 'scratch'), rows(1, 'scratch')];
  return (q, side1, side2) => {
    const y = Float64Array.from(q, (x) => scale * x);
    const [one, two] = [load(side1), side2 === null ? ones(d) : load(side2)];
    const pairs = one.atoms.length * two.atoms.length;
    for (const matrix of [keys, values, logWeights]) matrix.resize(pairs);
    const [left, right] = [correctedValues(one, two, y), correctedValues(two, one, y)];
    let row = 0;
    for (const [a, atom1] of one.atoms.entries()) {
      const scaled = atom1.x && scaleColumns(atom1.x, y);
      for (const [b, atom2] of two.atoms.entries()) {
        const [v1, v2] = [left[a][b], right[b][a]];
        writeProduct(keys.read(row), atom1.k, atom2.k);
        writeProduct(values.read(row), v1 ?? atom1.v, v2 ?? atom2.v);
        if (v1 && v2 && scaled && atom2.x) addCross(values.read(row), scaled, atom2.x);
        logWeights.write(row++, [atom1.logWeight + atom2.logWeight]);
      }
    }
    return attention(atoms(keys, values, logWeights), null);
  };
}

function load({ rows, longest }: MomentSide): Side {
  const loaded = rows.flatMap(({ keys, values, logWeights, moments }) =>
    Array.from({ length: keys.count }, (_, i) => ({
      k: Float64Array.from(keys.read(i)),
      v: Float64Array.from(values.read(i)),
      logWeight: logWeights === null ? 0 : logWeights.read(i)[0],
      x: moments === null ? null : Float64Array.from(moments.read(i)),
    })),
  );
  return { atoms: loaded, longest };
}

/** Side 2 of matrix order: k2 = v2 = 1. */
function ones(d: number): Side {
  const one = new Float64Array(d).fill(1);
  return { atoms: [{ k: one, v: one, logWeight: 0, x: null }], longest: Math.sqrt(d) };
}

/** For each atom of a side and each of the other: v̄ + X·(y * k̄'), or null where there is no such part. */
function correctedValues(side: Side, other: Side, y: Float64Array): (Float64Array | null)[][] {
  const directions = other.atoms.map(({ k }) => k.map((x, t) => x * y[t]));
  return side.atoms.map(({ v, x }) =>
    directions.map((direction) => x && corrected(v, x, direction, side.longest)),
  );
}

function corrected(v: Float64Array, x: Float64Array, y: Float64Array, longest: number): Float64Array | null {
  const d = v.length;
  const sum = new Float64Array(d);
  let norm2 = 0;
  for (let i = 0; i < d; i++) {
    let correction = 0;
    for (let t = 0; t < d; t++) correction += x[i * d + t] * y[t];
    norm2 += correction * correction;
    sum[i] = v[i] + correction;
  }
  return norm2 > longest * longest ? null : sum;
}

/** X with column t times y_t. */
function scaleColumns(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((value, at) => value * y[at % y.length]);
}

/** into_i += Σ_t left[i,t]·right[i,t] */
function addCross(into: Floats, left: Float64Array, right: Float64Array): void {
  const d = into.length;
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let at = i * d; at < (i + 1) * d; at++) sum += left[at] * right[at];
    into[i] += sum;
  }
}

function writeProduct(into: Floats, x: Float64Array, y: Float64Array): void {
  for (let t = 0; t < into.length; t++) into[t] = x[t] * y[t];
}
