import { cacheAttention } from '../../../pipelines/perplexity/cache-attention.js';
import { predict, type Windows } from '../../../pipelines/perplexity/evaluate.js';
import { exactAttention } from '../../../pipelines/perplexity/exact-attention.js';
import type { LayerAttention } from '../../../pipelines/perplexity/forward.js';
import { sparsityOf } from '../../../operators/sparsity.js';
import { skip } from '../../../operators/caches/skip.js';
import { scorePairs } from '../../../operators/caches/choosing/score-pairs.js';
import { topKMass } from '../../../src/bounds/top-k-mass.js';
import { chooseSequenceKernels } from '../../../pipelines/train/kernels.js';
import type { LanguageModel } from '../../../src/core/language-model.js';
import type { Answer } from '../../../src/core/pool.js';
import { randomStream } from '../../../src/core/random.js';
import { cholesky } from '../../../src/lab/cholesky.js';
import { matrixOf } from '../../../src/lab/matrix.js';
import { chooseKernel, createPool, SharedArena } from '../../../workers/index.js';
import { leaderRadius } from '../leader-radius.js';
import { mean, median } from './numbers.js';

/** Rows of one head over one window, (d) each. */
export interface HeadRows {
  readonly q: readonly Float64Array[];
  readonly k1: readonly Float64Array[];
  readonly k2: readonly Float64Array[] | null;
}

/** What real keys of one head are like; means over windows, at queries that see a whole window. */
export interface HeadStatistics {
  readonly layer: number;
  readonly head: number;
  /** Standard deviation of the scores, their largest size, and a bound on that from O(d) numbers. */
  readonly R: number;
  readonly largest: number;
  readonly certified: number;
  /** Pairs with a weight above 1 %; share of the pairs that hold 95 %; what the top 1 % of the pairs hold, and a law. */
  readonly above: number;
  readonly for95: number;
  readonly top1: number;
  readonly top1Law: number;
  /** Attention on pairs of which both tokens are among the last quarter of the window; on those with one of the first four. */
  readonly recent: number;
  readonly sinks: number;
  /** Leader clusters an eighth as many as tokens: radius, the same for normal keys of that mean and covariance, |q * k|·radius. */
  readonly sides: readonly SideStatistics[];
  /** Share of the pairs that the skip cache scores at eta = 0.01, over all queries. */
  readonly scored: number;
}

/** How the keys of one side cluster. */
export interface SideStatistics {
  readonly radius: number;
  readonly normalRadius: number;
  /** Median over queries and keys of the other side: how much a score changes within a cluster, at most. */
  readonly change: number;
}

const SPARSE = { epsilon: 0.01, mass: 0.95, share: 0.01, topKMass };
const [SINKS, RECENT, CLUSTERED] = [4, 1 / 4, 1 / 8];
/** Queries of a window whose scores are looked at: the last one, and others a sixteenth of the window apart. */
export const QUERIES = 4;
const SEED = 3;

/** Rows of every window, layer and head of a model. */
export type ModelRows = readonly (readonly (readonly HeadRows[])[])[];

/** Statistics of every layer and head, over all windows given. */
export async function keyStatistics(
  model: LanguageModel,
  windows: Windows,
): Promise<readonly HeadStatistics[]> {
  const scored = await sharesScored(model, windows);
  const rows = await rowsOf(model, windows);
  const { layers, heads } = model.shape;
  return Array.from({ length: layers * heads }, (_, i) => {
    const [layer, head] = [Math.floor(i / heads), i % heads];
    const own = rows.map((window) => window[layer][head]);
    return { layer, head, ...headStatistics(own, model.shape.scale), scored: scored[i] };
  });
}

/** Radii with which leader clustering makes about `clusters` clusters of a side: median over windows, layers, heads and sides. */
export function typicalRadius(rows: ModelRows, clusters: number): number {
  const keys = rows.flat(2).flatMap(({ k1, k2 }) => (k2 === null ? [k1] : [k1, k2]));
  return median(keys.map((side) => leaderRadius(side, clusters)));
}

/** Run a model exactly, and keep what its heads attend with. */
export async function rowsOf(model: LanguageModel, windows: Windows): Promise<ModelRows> {
  const { heads, d, layers } = model.shape;
  const found: HeadRows[][][] = windows.starts.map(() => Array.from({ length: layers }, () => []));
  let first = 0;
  const watched =
    (attend: LayerAttention): LayerAttention =>
    (rows, layer, length) => {
      const count = rows.q.length / (length * heads * d);
      for (let w = 0; w < count; w++)
        for (let head = 0; head < heads; head++) {
          const of = (side: Float32Array | null) =>
            side && headRows(side, w * length, length, head, heads, d);
          found[first + w][layer].push({ q: of(rows.q)!, k1: of(rows.k1)!, k2: of(rows.k2) });
        }
      if (layer === layers - 1) first += count;
      return attend(rows, layer, length);
    };
  await predict(model, windows, watched(exactAttention(model.shape, chooseSequenceKernels('auto'))));
  return found;
}

function headRows(
  side: Float32Array,
  from: number,
  length: number,
  head: number,
  heads: number,
  d: number,
): readonly Float64Array[] {
  return Array.from({ length }, (_, i) => {
    const start = ((from + i) * heads + head) * d;
    return Float64Array.from(side.subarray(start, start + d));
  });
}

function headStatistics(
  windows: readonly HeadRows[],
  scale: number,
): Omit<HeadStatistics, 'layer' | 'head' | 'scored'> {
  const asked = windows.flatMap((rows) => lastQueries(rows, scale));
  const mean1 = (pick: (of: Asked) => number) => mean(asked.map(pick));
  return {
    R: mean1(({ sparse }) => sparse.scoreStd),
    largest: mean1(({ largest }) => largest),
    certified: mean1(({ certified }) => certified),
    above: mean1(({ sparse }) => sparse.above),
    for95: mean1(({ sparse }) => sparse.pairsForMass / sparse.pairs),
    top1: mean1(({ sparse }) => sparse.topMass),
    top1Law: mean1(({ sparse }) => sparse.topMassLaw),
    recent: mean1(({ recent }) => recent),
    sinks: mean1(({ sinks }) => sinks),
    sides:
      windows[0].k2 === null
        ? [sideStatistics(windows, 1, scale)]
        : [1, 2].map((side) => sideStatistics(windows, side, scale)),
  };
}

/** One query over everything before it. */
interface Asked {
  readonly sparse: ReturnType<typeof sparsityOf>;
  readonly largest: number;
  readonly certified: number;
  readonly recent: number;
  readonly sinks: number;
}

/** The last queries of a window, a sixteenth of it apart. */
function lastQueries({ q, k1, k2 }: HeadRows, scale: number): readonly Asked[] {
  const n = q.length;
  return Array.from({ length: QUERIES }, (_, i) => n - 1 - i * Math.floor(n / 16)).map((at) => {
    const [one, two] = [k1.slice(0, at + 1), k2 && k2.slice(0, at + 1)];
    const rows = (keys: readonly Float64Array[]) => ({ count: keys.length, read: (a: number) => keys[a] });
    const scores = scorePairs(q[at], scale, rows(one), two && rows(two));
    return {
      sparse: sparsityOf(scores, SPARSE),
      largest: scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0),
      certified: Math.abs(scale) * boxBound(q[at], one, two),
      ...massByAge(scores, at + 1, two !== null),
    };
  });
}

/** Σ_t |q_t|·max|k1_t|·max|k2_t|: no score is larger. */
function boxBound(q: Float64Array, k1: readonly Float64Array[], k2: readonly Float64Array[] | null): number {
  const most = (keys: readonly Float64Array[], t: number) =>
    keys.reduce((max, key) => Math.max(max, Math.abs(key[t])), 0);
  return q.reduce((sum, x, t) => sum + Math.abs(x) * most(k1, t) * (k2 === null ? 1 : most(k2, t)), 0);
}

function massByAge(scores: Float64Array, n: number, pairs: boolean): { recent: number; sinks: number } {
  const columns = pairs ? n : 1;
  const max = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const young = n - Math.round(n * RECENT);
  let [z, recent, sinks] = [0, 0, 0];
  scores.forEach((score, pair) => {
    const [a, b] = [Math.floor(pair / columns), pairs ? pair % columns : Math.floor(pair / columns)];
    const weight = Math.exp(score - max);
    z += weight;
    if (a >= young && b >= young) recent += weight;
    if (a < SINKS || b < SINKS) sinks += weight;
  });
  return { recent: recent / z, sinks: sinks / z };
}

/** How the keys of one side of one head cluster, mean over windows. */
export function sideStatistics(windows: readonly HeadRows[], side: number, scale: number): SideStatistics {
  const found = windows.map(({ q, k1, k2 }, w) => {
    const [keys, others] = side === 1 ? [k1, k2] : [k2!, k1];
    const most = Math.floor(keys.length * CLUSTERED);
    const radius = leaderRadius(keys, most);
    const normal = normalLike(keys, w);
    const last = q.slice(-QUERIES * 4);
    const sizes = last.flatMap((query) => (others ?? [null]).map((other) => sizeOfProduct(query, other)));
    return {
      radius,
      normalRadius: normal === null ? NaN : leaderRadius(normal, most),
      change: Math.abs(scale) * radius * median(sizes),
    };
  });
  return {
    radius: mean(found.map(({ radius }) => radius)),
    normalRadius: mean(found.map(({ normalRadius }) => normalRadius)),
    change: mean(found.map(({ change }) => change)),
  };
}

/** |q * k|, or |q| without k. */
function sizeOfProduct(q: Float64Array, k: Float64Array | null): number {
  return Math.sqrt(q.reduce((sum, x, t) => sum + (x * (k === null ? 1 : k[t])) ** 2, 0));
}

/** As many normal vectors with the mean and covariance of `keys`; null where that is singular. */
function normalLike(keys: readonly Float64Array[], window: number): readonly Float64Array[] | null {
  const d = keys[0].length;
  const centre = Float64Array.from({ length: d }, (_, t) => mean(keys.map((key) => key[t])));
  const covariance = matrixOf(d, d, (i, j) =>
    mean(keys.map((key) => (key[i] - centre[i]) * (key[j] - centre[j]))),
  );
  const root = cholesky(covariance);
  if (root === null) return null;
  const random = randomStream(SEED, 'keys', window);
  return keys.map(() => {
    const normal = Float64Array.from({ length: d }, () => random.gaussian());
    return centre.map((x, i) => x + normal.reduce((sum, y, j) => sum + root.data[i * d + j] * y, 0));
  });
}

/** Of every layer and head, the share of the pairs that the skip cache scores, over all queries of the windows. */
async function sharesScored(model: LanguageModel, windows: Windows): Promise<readonly number[]> {
  const { heads, layers, order } = model.shape;
  const arena = SharedArena.create('f32');
  const pool = createPool({ arena, threads: 1, kernel: await chooseKernel('auto') });
  const [scored, all] = [0, 0].map(() => new Float64Array(layers * heads));
  const onAnswer = ({ pairs }: Answer, layer: number, head: number, at: number) => {
    scored[layer * heads + head] += pairs;
    all[layer * heads + head] += order === 'tensor' ? (at + 1) ** 2 : at + 1;
  };
  const under = { factory: skip({ eta: 0.01 }), label: 'skip', seed: SEED, onAnswer };
  await predict(model, windows, cacheAttention(model.shape, { arena, pool }, under).attend);
  await pool.close();
  return [...scored].map((pairs, i) => pairs / all[i]);
}
