import { z } from 'zod';
import type { LayerRows, RecordedStep } from '../../src/core/event.js';
import { Failure } from '../../src/core/failure.js';
import { randomStream, type Random } from '../../src/core/random.js';
import { isScale, isScoreStd, SCALE_RULE, SCORE_STD_RULE } from '../../src/core/shape.js';
import type { EntrySource } from '../../src/core/source.js';

/** Noise of correlated values, math.md 4.6. */
const VALUE_NOISE = 0.3;

/** Least variance of the scores against that of independent keys as long: below it float32 keys are all alike. */
const MIN_VARIANCE = 1e-10;

/** Options that all synthetic sources share. */
export const syntheticOptions = {
  n: z.int().min(1).default(400).describe('tokens per stream'),
  d: z.int().min(1).default(64).describe('numbers per head'),
  heads: z.int().min(1).default(2),
  layers: z.int().min(1).default(1),
  order: z.enum(['tensor', 'matrix']).default('tensor'),
  streams: z.int().min(1).default(1).describe('streams, one step of each in turn'),
  scoreStd: z
    .number()
    .refine(isScoreStd, `must be ${SCORE_STD_RULE}`)
    .default(1)
    .describe('R, the standard deviation of the scores'),
  scale: z
    .number()
    .refine(isScale, `must be ${SCALE_RULE}`)
    .default(1)
    .describe('factor on every score; queries shrink by it, so that R holds'),
  values: z
    .enum(['independent', 'correlated'])
    .default('independent')
    .describe(`correlated: v = W k + ${VALUE_NOISE} noise, with W fixed per head and side`),
};

/** The shared options, checked. */
export type SyntheticOptions = z.output<z.ZodObject<typeof syntheticOptions>>;

/** Which of the two keys and values of a token; matrix order has side 1 only. */
export type Side = 1 | 2;

/** A key, (d), and what is known of it. */
export interface DrawnKey {
  readonly side: Side;
  readonly cluster: number;
  readonly key: Float32Array;
}

/** How the rows of one head are drawn. What the head keeps (centres, a needle) is drawn once, from the seed. */
export interface HeadModel {
  /** E |k|², the same for both sides. */
  readonly keySquare: number;
  /** Fill `key`, (d), of a token; returns its cluster, 0 where there are none. */
  drawKey(key: Float32Array, token: { readonly side: Side; readonly step: number }, random: Random): number;
  /** Fill `value`, (d), of a token whose key is drawn; not called for correlated values. */
  drawValue(value: Float32Array, token: DrawnKey, random: Random): void;
  /** Fill `query`, (d), with a direction; its length does not matter. */
  drawDirection(query: Float64Array, random: Random): void;
  /**
   * Variance of <q, k1 * k2> (matrix order: <q, k1>) over independent draws of the keys, in closed form.
   * Queries are divided by its root, so that the scores of a given query have standard deviation R exactly,
   * in expectation over the keys.
   */
  scoreVariance(query: Float64Array): number;
}

/**
 * A source of drawn rows. The rows of a head at a step come from a random stream of their own, named by seed,
 * kind, stream, step, layer and head: any of them is reproduced without the others, and n or heads can grow
 * without changing what was there. Streams take turns: step 0 of each, then step 1 of each, ….
 *
 * `shape` and `open` throw Failure `bad-option` when scores of such keys cannot have a standard deviation.
 */
export function syntheticSource(
  kind: string,
  options: SyntheticOptions,
  seed: number,
  createHead: (random: Random) => HeadModel,
): EntrySource {
  const { n, d, heads, layers, order, streams, scale } = options;
  const createDrawers = () =>
    grid(layers, heads, (layer, head) => {
      const named = (...labels: readonly (string | number)[]) =>
        randomStream(seed, kind, layer, head, ...labels);
      const model = createHead(named('head'));
      const whole = options.values === 'correlated' ? correlate(model, d, named('W')) : model;
      return headDrawer(kind, whole, options, named);
    });
  return {
    kind: 'entries',
    streams,
    describe: () => Promise.resolve({ kind, seed, ...options }),
    count: (limit) => Promise.resolve(Math.min(n * streams, limit)),
    async shape() {
      for (const ofLayer of createDrawers()) drawLayer(ofLayer, options, 0, 0); // refused before anything is written
      return { layers, heads, d, order, scale };
    },
    async *open(): AsyncGenerator<RecordedStep> {
      const drawers = createDrawers();
      for (let step = 0; step < n; step++) {
        for (let streamId = 0; streamId < streams; streamId++) {
          const rows = drawers.map((ofLayer) => drawLayer(ofLayer, options, streamId, step));
          yield { streamId, step, pos: step, tokenId: null, prefill: false, layers: rows };
        }
      }
    },
  };
}

/** Fill `into` with independent normal numbers around `mean`. */
export function fillGaussian(into: Float32Array | Float64Array, random: Random, std = 1, mean = 0): void {
  for (let t = 0; t < into.length; t++) into[t] = mean + std * random.gaussian();
}

/** Sum of squares. */
export function square(vector: Float32Array | Float64Array): number {
  let sum = 0;
  for (const x of vector) sum += x * x;
  return sum;
}

type DrawHead = (rows: LayerRows, head: number, streamId: number, step: number) => void;

function drawLayer(
  heads: readonly DrawHead[],
  options: SyntheticOptions,
  streamId: number,
  step: number,
): LayerRows {
  const make = () => new Float32Array(options.heads * options.d);
  const side2 = () => (options.order === 'tensor' ? make() : null);
  const rows = { q: make(), k1: make(), k2: side2(), v1: make(), v2: side2() };
  heads.forEach((draw, head) => draw(rows, head, streamId, step));
  return rows;
}

function headDrawer(
  kind: string,
  model: HeadModel,
  { d, scoreStd, scale, order }: SyntheticOptions,
  named: (...labels: readonly (string | number)[]) => Random,
): DrawHead {
  const direction = new Float64Array(d);
  const ofNormalKeys = (model.keySquare / d) ** (order === 'tensor' ? 2 : 1);
  return (rows, head, streamId, step) => {
    const random = named('rows', streamId, step);
    const part = (row: LayerRows['q']) => row.subarray(head * d, (head + 1) * d) as Float32Array;
    model.drawDirection(direction, random);
    const variance = model.scoreVariance(direction);
    if (!(variance > MIN_VARIANCE * ofNormalKeys * square(direction)) || variance === Infinity) {
      throw new Failure(
        'bad-option',
        `source ${kind}: its keys are so alike that scores have no standard deviation (variance ${variance})`,
        'see its options in kronflow list sources: keys must differ',
      );
    }
    const length = scoreStd / scale / Math.sqrt(variance);
    const q = part(rows.q);
    for (let t = 0; t < d; t++) q[t] = direction[t] * length;
    for (const side of [1, 2] as const) {
      const [k, v] = side === 1 ? [rows.k1, rows.v1] : [rows.k2, rows.v2];
      if (k === null || v === null) continue; // after side 1, so that both orders have the same side 1
      const key = part(k);
      const cluster = model.drawKey(key, { side, step }, random);
      model.drawValue(part(v), { side, cluster, key }, random);
    }
  };
}

/** Values v = W k + noise; W, (d × d) per side, is scaled so that E |W k|² = d whatever the keys' length. */
function correlate(model: HeadModel, d: number, random: Random): HeadModel {
  const weights = ([1, 2] as const).map(() => {
    const w = new Float64Array(d * d);
    fillGaussian(w, random, 1 / Math.sqrt(model.keySquare));
    return w;
  });
  return {
    ...model,
    drawValue(value, { side, key }, rowRandom) {
      for (let i = 0; i < d; i++) {
        let sum = VALUE_NOISE * rowRandom.gaussian();
        for (let t = 0; t < d; t++) sum += weights[side - 1][i * d + t] * key[t];
        value[i] = sum;
      }
    },
  };
}

function grid<T>(
  rows: number,
  columns: number,
  make: (row: number, column: number) => T,
): readonly (readonly T[])[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => make(row, column)),
  );
}
