import type { TraceSummary } from '../../pipelines/summarise.js';

/** How well the language model of a run foretold the `read` tokens of its text, in lines of their own; nothing without one. */
export function predictionText(
  { inputs }: TraceSummary['run'],
  prediction: TraceSummary['prediction'],
  read: number,
): string {
  const model = inputs.find(({ kind }) => kind === 'model');
  if (model === undefined) return '';
  const name = `\nmodel ${String(model.name ?? model.path)}${unfinishedText(inputs)}`;
  if (prediction === null) return `${name}: no token was predicted`;
  const { bits_per_token: bits, perplexity, tokens, driver } = prediction;
  const unit = inputs[0].encoding === 'bytes' ? 'byte' : 'token';
  const by = driver === null ? 'exact attention' : `cache ${driver}`;
  const [context, cut] = [Number(model.context), model.windows === true];
  const windows = `\na text longer than the context: read in ${Math.ceil(read / context)} windows of ${context} tokens, each a stream of its own`;
  return (
    `${name}: ${bits.toFixed(3)} bits per ${unit}, perplexity ${perplexity.toFixed(2)}, ${tokens} predictions driven by ${by}` +
    (cut && read > context ? windows : '')
  );
}

/** Says of a model that was trained for less than was planned how far it came; nothing of others. */
export function unfinishedText(inputs: readonly Readonly<Record<string, unknown>>[]): string {
  const { trained_steps: steps, planned_steps: planned } = inputs.find(({ kind }) => kind === 'model') ?? {};
  if (planned === undefined) return '';
  return ` (stopped after ${String(steps)} of ${String(planned)} steps of its training)`;
}
