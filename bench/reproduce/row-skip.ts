import type { Random } from '../../src/core/random.js';
import { dot } from './clustered-data.js';

/** Keys and values of both sides, and a query, (d) each. */
export interface Rows4 {
  readonly q: Float64Array;
  readonly k1: readonly Float64Array[];
  readonly k2: readonly Float64Array[];
  readonly v1: readonly Float64Array[];
  readonly v2: readonly Float64Array[];
}

/** What a rule of skipping did. */
export interface Skipped {
  /** Share of the pairs that were scored. */
  readonly share: number;
  readonly error: number;
  readonly certificate: number;
}

interface Block {
  readonly members: readonly number[];
  readonly centre: Float64Array;
  readonly radius: number;
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/**
 * The finest rule of math.md 7.7, as its script (c7c): every row of side 1 with every block of side 2, blocks of `size`
 * keys in the order of clusters, in descending bound, until what is left is at most η of what is held. No kernel works like
 * this: a block of 4 keys costs half as much to bound as to score.
 */
export function rowSkip(rows: Rows4, size: number, eta: number, random: Random): Skipped {
  const { q, k1, k2, v1, v2 } = rows;
  const blocks = clusterBlocks(k2, size, random);
  const y = k1.map((key) => key.map((x, t) => x * q[t]));
  const items = y.flatMap((row, a) => blocks.map((block) => ({ a, block, bound: boundOf(row, block) })));
  items.sort((x, z) => z.bound - x.bound);
  const rest = restOf(items);
  const sum = new RunningSum(q.length);
  let [at, scored] = [0, 0];
  for (; at < items.length && (at === 0 || rest[at] > eta * sum.relativeTo(items[0].bound)); at++) {
    const { a, block } = items[at];
    for (const b of block.members) sum.add(dot(y[a], k2[b]), v1[a], v2[b]);
    scored += block.members.length;
  }
  const output = sum.output();
  const exact = exactly(rows, y);
  const h = at < items.length ? rest[at] / sum.relativeTo(items[0].bound) : 0;
  const largest = (values: readonly Float64Array[]) => Math.max(...values.map((v) => Math.hypot(...v)));
  return {
    share: scored / (k1.length * k2.length),
    error: Math.hypot(...output.map((x, j) => x - exact[j])),
    certificate: (h / (1 + h)) * (largest(v1) * largest(v2) + Math.hypot(...output)),
  };
}

function exactly({ q, k2, v1, v2 }: Rows4, y: readonly Float64Array[]): Float64Array {
  const sum = new RunningSum(q.length);
  y.forEach((row, a) => k2.forEach((key, b) => sum.add(dot(row, key), v1[a], v2[b])));
  return sum.output();
}

/** min(<y, c> + |y|·radius, Σ_t max(y_t·lo_t, y_t·hi_t)) */
function boundOf(y: Float64Array, { centre, radius, lo, hi }: Block): number {
  const ball = dot(y, centre) + Math.hypot(...y) * radius;
  return Math.min(ball, y.reduce((sum, x, t) => sum + Math.max(x * lo[t], x * hi[t]), 0)); // prettier-ignore
}

/** Σ over item i and all behind it of count·e^(bound − first bound). */
function restOf(items: readonly { readonly block: Block; readonly bound: number }[]): Float64Array {
  const rest = new Float64Array(items.length + 1);
  for (let i = items.length - 1; i >= 0; i--) {
    rest[i] = rest[i + 1] + items[i].block.members.length * Math.exp(items[i].bound - items[0].bound);
  }
  return rest;
}

class RunningSum {
  #m = -Infinity;
  #l = 0;
  readonly #acc: Float64Array;
  constructor(d: number) {
    this.#acc = new Float64Array(d);
  }

  add(score: number, v1: Float64Array, v2: Float64Array): void {
    if (score > this.#m) {
      const factor = Math.exp(this.#m - score);
      this.#m = score;
      this.#l *= factor;
      for (let j = 0; j < this.#acc.length; j++) this.#acc[j] *= factor;
    }
    const weight = Math.exp(score - this.#m);
    this.#l += weight;
    for (let j = 0; j < this.#acc.length; j++) this.#acc[j] += weight * v1[j] * v2[j];
  }

  /** Σ e^(s − reference) */
  relativeTo(reference: number): number {
    return this.#l * Math.exp(this.#m - reference);
  }

  output(): Float64Array {
    return this.#acc.map((x) => x / this.#l);
  }
}

/** Blocks of `size` keys, consecutive in the order of their clusters: 8 rounds of k-means with n/size centres. */
function clusterBlocks(keys: readonly Float64Array[], size: number, random: Random): readonly Block[] {
  const centres = Array.from({ length: Math.max(1, Math.floor(keys.length / size)) }, () =>
    Float64Array.from(keys[random.below(keys.length)]),
  );
  let labels: number[] = [];
  for (let round = 0; round < 8; round++) {
    labels = keys.map((key) => nearestOf(key, centres));
    centres.forEach((centre, c) => {
      const members = keys.filter((_, i) => labels[i] === c);
      if (members.length > 0) centre.set(meanOf(members));
    });
  }
  const order = keys.map((_, i) => i).sort((i, j) => labels[i] - labels[j] || i - j);
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, b) => {
    const members = order.slice(b * size, (b + 1) * size);
    return blockOf(members, members.map((i) => keys[i])); // prettier-ignore
  });
}

function blockOf(members: readonly number[], keys: readonly Float64Array[]): Block {
  const centre = meanOf(keys);
  const radius = Math.max(...keys.map((key) => Math.hypot(...key.map((x, t) => x - centre[t]))));
  const each = (pick: (...numbers: number[]) => number) =>
    centre.map((_, t) => pick(...keys.map((key) => key[t])));
  return { members, centre, radius, lo: each(Math.min), hi: each(Math.max) };
}

function meanOf(rows: readonly Float64Array[]): Float64Array {
  return rows[0].map((_, t) => rows.reduce((sum, row) => sum + row[t], 0) / rows.length);
}

function nearestOf(key: Float64Array, centres: readonly Float64Array[]): number {
  let [best, nearest] = [Infinity, 0];
  centres.forEach((centre, c) => {
    let square = 0;
    for (let t = 0; t < key.length; t++) square += (key[t] - centre[t]) ** 2;
    if (square < best) [best, nearest] = [square, c];
  });
  return nearest;
}
