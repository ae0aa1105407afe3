import { map, type OperatorFunction } from 'rxjs';
import type { HasLogits, HasResidual, HasRows, TokenEvent } from '../src/core/event.js';
import type { LanguageModel } from '../src/core/language-model.js';
import { multiplyRows } from '../src/core/multiply-rows.js';
import type { Run } from '../src/core/run.js';
import type { MeasureRow } from '../src/core/trace.js';
import { normalise } from './layer-norm.js';

/** Settings of `predict`. */
export interface PredictOptions {
  readonly model: Pick<LanguageModel, 'shape' | 'embed'>;
  /** The cache whose output drove the layers, and so these predictions; null: the exact output did. */
  readonly driver: string | null;
}

/**
 * Add `logits`, (vocabulary): norm(x) · embedᵀ, of the token that comes next; and to `rows` how surprised the model was by this
 * one: measure `nll`, −ln p(token | those before it) in nats, from the logits of the step before, and which token it held for the
 * likeliest in its place: measure `likeliest`, an id, so that runs can be asked how often they agree. Both are null in layer and
 * head; the first step of a stream has none. Nothing is read ahead for it (law L7): the logits wait in `predictions` of the run.
 */
export function predict<T extends TokenEvent & HasResidual & HasRows>(
  { multiply = multiplyRows, predictions = new Map() }: Pick<Run, 'multiply' | 'predictions'>,
  { model: { shape, embed }, driver }: PredictOptions,
): OperatorFunction<T, T & HasLogits> {
  const unembed = transposed(embed, shape.vocabulary, shape.dModel);
  return map((event) => {
    const before = predictions.get(event.streamId);
    const logits = new Float32Array(shape.vocabulary);
    multiply(normalise(event.x), unembed, logits, 1);
    predictions.set(event.streamId, logits);
    if (before === undefined) return { ...event, logits };
    return { ...event, logits, rows: [...event.rows, { measures: foretold(event, before, driver) }] };
  });
}

function foretold(
  { streamId: stream_id, step, tokenId }: TokenEvent,
  logits: Float32Array,
  cache: string | null,
): readonly MeasureRow[] {
  const of = { stream_id, layer: null, head: null, cache, step, x: null };
  return [
    { ...of, name: 'nll', value: negativeLogLikelihood(logits, tokenId!) },
    { ...of, name: 'likeliest', value: likeliest(logits) },
  ];
}

/** The token with the largest logit; of equal ones that with the lowest id. */
function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

/** −ln softmax(logits)[token], in nats, summed in float64. */
export function negativeLogLikelihood(logits: Float32Array, token: number): number {
  let [most, total] = [-Infinity, 0];
  for (const logit of logits) most = Math.max(most, logit);
  for (const logit of logits) total += Math.exp(logit - most);
  return Math.log(total) + most - logits[token];
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  return out;
}
