import { Failure } from '../src/core/failure.js';
import { inPart } from '../src/core/part.js';
import type { Source } from '../src/core/source.js';
import type { LabelledCache } from './cache-bank.js';
import type { Config } from './config.js';
import type { AddedOperator } from './plugins/place-operators.js';

/**
 * Refuse what cannot all be meant, each at its part of the request.
 * @throws Failure `bad-option`
 */
export function refuseContradictions(config: Config, caches: readonly LabelledCache[]): void {
  for (const i of caches.keys()) inPart(['caches', i], () => refuseCache(config, caches, i));
  for (const [name, asked] of [
    ['recall', config.recall > 0],
    ['sparsity', config.sparsity !== null],
  ] as const) {
    if (asked && config.reference === 'none') inPart([name], () => refuseUnmeasured(name));
  }
}

/** A label that is not its own, or an order that the cache does not know. */
function refuseCache({ model: { order } }: Config, caches: readonly LabelledCache[], i: number): void {
  const { label, factory } = caches[i];
  if (label === 'reference' || caches.findIndex((other) => other.label === label) < i) {
    const why = label === 'reference' ? 'is kept for the exact reference' : 'names two caches';
    throw new Failure('bad-option', `cache label "${label}" ${why}`, 'give one of them label=… of its own');
  }
  if (factory.spec.orders.includes(order)) return;
  throw new Failure(
    'bad-option',
    `cache ${label}: order = ${order}, but it is defined only for ${factory.spec.orders.join(', ')}: ${factory.spec.summary}`,
    `leave it out, or pass --order ${factory.spec.orders[0]}`,
  );
}

function refuseUnmeasured(name: string): never {
  throw new Failure(
    'bad-option',
    `--${name} with reference = none: it is measured on the exact answers, and none would be made`,
    `leave out --${name}, or pass --reference f64`,
  );
}

/** Operators that measure the exact attention need it to be computed. @throws Failure `bad-option` */
export function refuseWithoutReference({ reference }: Config, operators: readonly AddedOperator[]): void {
  const i = operators.findIndex(({ spec }) => spec.needsReference === true);
  if (i < 0 || reference !== 'none') return;
  const what = `operator ${operators[i].name} with reference = none: it measures the exact attention, and none would be computed`;
  inPart(['operators', i], () => {
    throw new Failure('bad-option', what, 'leave it out, or pass --reference f64');
  });
}

/** A prompt that takes every token leaves a table of dashes: nobody means that. */
export function refuseNothingToDecode({ prompt }: Config, { streams }: Source, steps: number | null): void {
  if (prompt === 0 || steps === null || streams === null || prompt < Math.ceil(steps / streams)) return;
  throw new Failure(
    'bad-option',
    `prompt = ${prompt}, but a stream has ${Math.ceil(steps / streams)} tokens: none is left to decode`,
    'lower --prompt, or give it more tokens',
  );
}

/** Recall of more tokens than a stream has would only say which share of it is kept. */
export function refuseTooManyToRecall({ recall }: Config, { streams }: Source, steps: number | null): void {
  if (steps === null || streams === null) return;
  const longest = Math.ceil(steps / streams);
  if (recall <= longest) return;
  throw new Failure(
    'bad-option',
    `recall = ${recall}, but a stream has ${longest} tokens: there are no ${recall} most attended ones`,
    `pass --recall ${Math.max(1, Math.floor(longest / 10))}, or give it more tokens`,
  );
}
