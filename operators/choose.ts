import { map, type OperatorFunction } from 'rxjs';
import type { HasChoice, HasLogits, TokenEvent } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';

/** How the next token is chosen. */
export interface ChooseOptions {
  /** Logits are divided by it before one token is drawn; 0: the likeliest is taken. */
  readonly temperature: number;
  /** Draw among the k likeliest; null: among all. */
  readonly topK: number | null;
}

/**
 * Add `chosen`, the token that is to come next: the likeliest, or drawn from softmax(logits / temperature). The draw depends on
 * seed, stream and step alone. Of equally likely tokens the one with the lowest id comes first.
 */
export function choose<T extends TokenEvent & HasLogits>(
  { random }: Pick<Run, 'random'>,
  { temperature, topK }: ChooseOptions,
): OperatorFunction<T, T & HasChoice> {
  return map((event) => {
    const { logits, streamId, step } = event;
    const ranked = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
    if (temperature === 0) return { ...event, chosen: ranked[0] };
    const among = ranked.slice(0, topK ?? ranked.length);
    const chosen = drawn(among, logits, temperature, random('choose', streamId, step).uniform());
    return { ...event, chosen };
  });
}

/** `ids` likeliest first; `at` is in [0, 1). */
function drawn(ids: readonly number[], logits: Float32Array, temperature: number, at: number): number {
  const weights = ids.map((id) => Math.exp((logits[id] - logits[ids[0]]) / temperature));
  let left = at * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return ids[index < 0 ? ids.length - 1 : index]; // rounding may leave a crumb
}
