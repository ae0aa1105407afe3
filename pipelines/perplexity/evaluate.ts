import type { LanguageModel } from '../../src/core/language-model.js';
import type { MultiplyRows } from '../../src/core/multiply-rows.js';
import { forwardWindows, type LayerAttention } from './forward.js';

const TOGETHER = 8; // windows in one forward pass: enough that a call of the pool costs nothing beside what it does

/** Text cut into windows: `length` tokens each, every one with the token that comes after it. */
export interface Windows {
  readonly text: Uint8Array;
  /** Places of their first tokens. */
  readonly starts: readonly number[];
  readonly length: number;
}

/** What a model says at every position of the windows. */
export interface Predictions {
  /** Natural logarithms of the probabilities of all tokens, (positions × vocabulary). */
  readonly logProbabilities: Float32Array;
  /** −ln p of the token that came, (positions). */
  readonly nll: Float64Array;
}

/** How predictions through a cache compare with exact ones, at the same positions. */
export interface Comparison {
  /** Mean −ln p, in nats a token. */
  readonly nll: number;
  /** Mean of what it is above the exact one, and the standard error of that: windows are the samples. */
  readonly excess: number;
  readonly excessError: number;
  /** Share of positions whose most likely token is the exact one's. */
  readonly agreement: number;
  /** Mean KL(exact ‖ cache), in nats. */
  readonly kl: number;
}

/** All whole windows of a text, or every k-th of them, spread over all of it, so that `least` are left at least. */
export function windowsOf(text: Uint8Array, length: number, least = Infinity): Windows {
  const all = Math.floor((text.length - 1) / length);
  const every = Math.max(1, Math.floor(all / least));
  const starts = Array.from({ length: Math.ceil(all / every) }, (_, i) => i * every * length);
  return { text, starts, length };
}

/** Run a model over windows of text. */
export async function predict(
  model: LanguageModel,
  { text, starts, length }: Windows,
  attention: LayerAttention,
  multiply?: MultiplyRows,
): Promise<Predictions> {
  const { vocabulary } = model.shape;
  const logProbabilities = new Float32Array(starts.length * length * vocabulary);
  const nll = new Float64Array(starts.length * length);
  for (let first = 0; first < starts.length; first += TOGETHER) {
    const group = starts.slice(first, first + TOGETHER);
    const tokens = new Uint8Array(group.length * length);
    group.forEach((start, i) => tokens.set(text.subarray(start, start + length), i * length));
    const logits = await forwardWindows(model, tokens, length, attention, { multiply });
    for (let row = 0; row < tokens.length; row++) {
      const at = first * length + row;
      const own = logProbabilities.subarray(at * vocabulary, (at + 1) * vocabulary);
      logSoftmax(logits.subarray(row * vocabulary, (row + 1) * vocabulary), own);
      nll[at] = -own[text[group[Math.floor(row / length)] + (row % length) + 1]];
    }
  }
  return { logProbabilities, nll };
}

function logSoftmax(logits: Float32Array, out: Float32Array): void {
  let [most, sum] = [-Infinity, 0];
  for (const logit of logits) most = Math.max(most, logit);
  for (const logit of logits) sum += Math.exp(logit - most);
  const lse = most + Math.log(sum);
  for (let i = 0; i < out.length; i++) out[i] = logits[i] - lse;
}

/** Compare predictions with exact ones of the same windows. */
export function compare(exact: Predictions, found: Predictions, { starts, length }: Windows): Comparison {
  const vocabulary = exact.logProbabilities.length / exact.nll.length;
  let [agreed, kl] = [0, 0];
  for (let at = 0; at < exact.logProbabilities.length; at += vocabulary) {
    const [p, q] = [exact, found].map(({ logProbabilities: all }) => all.subarray(at, at + vocabulary));
    if (largest(p) === largest(q)) agreed++;
    for (let i = 0; i < vocabulary; i++) kl += Math.exp(p[i]) * (p[i] - q[i]);
  }
  const positions = exact.nll.length;
  const byWindow = starts.map((_, w) => {
    const own = (all: Float64Array) => mean(all.subarray(w * length, (w + 1) * length));
    return own(found.nll) - own(exact.nll);
  });
  return {
    nll: mean(found.nll),
    excess: mean(byWindow),
    excessError: standardError(byWindow),
    agreement: agreed / positions,
    kl: kl / positions,
  };
}

function largest(values: Float32Array): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[at]) at = i;
  return at;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
