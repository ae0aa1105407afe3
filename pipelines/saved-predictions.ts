import type { Predictions } from '../src/core/run.js';

/** What a language model said last of a stream's next token, in a snapshot of the run. */
export interface SavedPrediction {
  readonly kind: 'prediction';
  readonly streamId: number;
  readonly logits: Float32Array;
}

/** The predictions of all streams, one at a time. */
export function* savedPredictions(predictions: Predictions): Generator<SavedPrediction> {
  for (const [streamId, logits] of predictions) yield { kind: 'prediction', streamId, logits };
}
