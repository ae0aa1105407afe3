import { cacheAttention } from '../../../pipelines/perplexity/cache-attention.js';
import {
  compare,
  predict,
  type Comparison,
  type Predictions,
  type Windows,
} from '../../../pipelines/perplexity/evaluate.js';
import { exactAttention } from '../../../pipelines/perplexity/exact-attention.js';
import { chooseSequenceKernels } from '../../../pipelines/train/kernels.js';
import { caches } from '../../../operators/caches/index.js';
import type { LanguageModel } from '../../../src/core/language-model.js';
import { chooseKernel, createPool, SharedArena } from '../../../workers/index.js';
import { multiplyOf } from '../../../workers/multiply.js';
import { threadData } from '../../../workers/open-threads.js';
import type { Entrant } from './field.js';

/** What all threads know. */
export interface MeasureData {
  /** By the names that work uses. */
  readonly models: Readonly<Record<string, LanguageModel>>;
  readonly windows: Windows;
}

/** One cache to measure in one model. */
export interface MeasureWork {
  readonly weights: string;
  readonly entrant: Entrant;
}

/** What it came to. */
export interface Measured extends Comparison {
  readonly positions: number;
  /** Bytes of all layers and heads, metadata included: mean over positions, and after the last token of a window. */
  readonly meanBytes: number;
  readonly lastBytes: number;
  /** Share of the answers that the cache said to be out of its range. */
  readonly outOfRange: number;
  readonly seconds: number;
}

const SEED = 1;

const { models, windows } = threadData<MeasureData>();
const arena = SharedArena.create('f32');
const kernel = await chooseKernel('auto');
const pool = createPool({ arena, threads: 1, kernel });
const multiply = multiplyOf(kernel.name);
const exact = new Map<string, Predictions>();

/** Run the model over the windows with one cache, and compare with exact attention of the same weights. */
export default async function measure({ weights, entrant }: MeasureWork): Promise<Measured> {
  const start = performance.now();
  const over =
    entrant.windows === null ? windows : { ...windows, starts: windows.starts.slice(0, entrant.windows) };
  const model = models[weights];
  const factory = caches.find(({ spec }) => spec.name === entrant.plugin)!(entrant.options);
  const of = `${entrant.plugin} ${JSON.stringify(entrant.options)}`;
  const attention = cacheAttention(model.shape, { arena, pool }, { factory, label: of, seed: SEED });
  const found = await predict(model, over, attention.attend, multiply);
  const comparison = compare(firstOf(await exactOf(weights), found.nll.length), found, over);
  const { meanBytes, lastBytes, outOfRange } = attention.held();
  const seconds = (performance.now() - start) / 1000;
  return { ...comparison, positions: found.nll.length, meanBytes, lastBytes, outOfRange, seconds };
}

async function exactOf(weights: string): Promise<Predictions> {
  const known = exact.get(weights);
  if (known !== undefined) return known;
  const model = models[weights];
  const attention = exactAttention(model.shape, chooseSequenceKernels('auto'));
  const made = await predict(model, windows, attention, multiply);
  exact.clear(); // one at a time: 23 MB each, and work comes model by model
  exact.set(weights, made);
  return made;
}

function firstOf({ logProbabilities, nll }: Predictions, positions: number): Predictions {
  const vocabulary = logProbabilities.length / nll.length;
  return {
    logProbabilities: logProbabilities.subarray(0, positions * vocabulary),
    nll: nll.subarray(0, positions),
  };
}
