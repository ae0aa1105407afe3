import type { z } from 'zod';
import { sources } from '../data/sources/index.js';
import { describeInput } from '../data/sources/input-file.js';
import { caches as builtIn } from '../operators/caches/index.js';
import { fourCache } from '../operators/caches/four-cache.js';
import { Failure } from '../src/core/failure.js';
import { formatValue } from '../src/core/format.js';
import { didYouMean } from '../src/core/nearest.js';
import { findByName } from '../src/core/plugin.js';
import type { ModelShape } from '../src/core/shape.js';
import type { EntrySource, Source } from '../src/core/source.js';
import type { LabelledCache } from './cache-bank.js';
import { checkBudget, largestFit, MEMORY_LIMIT, plannedBytes, type BudgetQuestion } from './check-budget.js';
import { checkWeights } from './check-weights.js';
import { configSchema, sparsitySchema, type Config } from './config.js';
import { asRecorded, takingTurns } from './stream-lengths.js';

const BYTES_PER_NUMBER = 4; // runs keep float32
const COUNT_LIMIT = 1_000_000; // a longer text is not counted to its end just for the progress bar
const STREAM_IDS_LIMIT = 2 ** 24; // of a longer recording the start is planned, and the ledger watches the rest

/** A run as asked for: what is not said about the model comes from the source, or from the defaults. */
export type RunRequest = Omit<z.input<typeof configSchema>, 'model'> & {
  readonly model: Partial<Config['model']>;
};

/** A run that can start: everything found, checked and known to fit as far as that can be known. */
export interface ResolvedRun {
  readonly config: Config;
  readonly source: Source;
  readonly caches: readonly LabelledCache[];
  /** What is read: the source, and a file of weights. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  /** Steps to come; null when the source cannot tell. */
  readonly steps: number | null;
  /** Shared memory that those steps may take, in bytes, as far as it is known; beyond 4 GiB it must be made so large at once. */
  readonly memoryBytes: number;
}

/**
 * Find and check everything a run names, before anything is written or allocated.
 *
 * @throws Failure for what is unknown, wrong, contradictory or too large
 */
export async function resolveRun(
  request: RunRequest,
  stdin: AsyncIterable<Uint8Array>,
): Promise<ResolvedRun> {
  const { plugin, source, model } = await openSource(request, stdin);
  const caches = request.caches.map(({ name, label, options }) => ({
    label,
    factory: findByName('cache', builtIn, name)(options),
  }));
  const config = checkConfig({
    ...request,
    source: { name: plugin.spec.name, options: plugin.spec.options.parse(request.source.options) as never },
    model,
    caches: caches.map(({ label, factory }) => ({
      name: factory.spec.name,
      label,
      options: { ...factory.options },
    })),
  });
  refuseContradictions(config, caches, source);
  if (source.kind === 'tokens') checkWeights(shapeOf(config));
  const { steps, memoryBytes } = await plan(config, source, caches);
  refuseNothingToDecode(config, source, steps ?? config.tokens);
  refuseTooManyToRecall(config, source, steps ?? config.tokens);
  return { config, source, caches, inputs: await describeInputs(config, source), steps, memoryBytes };
}

/**
 * The model of a run before its caches are known: what comparisons fit budgets to.
 * @throws Failure for a source or sizes that are unknown, wrong or contradictory
 */
export async function resolveModel(
  request: Pick<RunRequest, 'source' | 'model' | 'seed'>,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Config['model']> {
  return (await openSource(request, stdin)).model;
}

/** The source that a request names, nothing read of its steps yet, and the model that both make. */
async function openSource(
  { source: { name, options }, model: asked, seed }: Pick<RunRequest, 'source' | 'model' | 'seed'>,
  stdin: AsyncIterable<Uint8Array>,
) {
  const plugin = findByName('source', sources, name);
  const source = plugin(options)({ seed, stdin });
  const model = source.kind === 'entries' ? await modelOf(source, asked) : tokenModel(asked);
  return { plugin, source, model };
}

async function describeInputs(
  { model: { weights } }: Config,
  source: Source,
): Promise<ResolvedRun['inputs']> {
  const described = await source.describe();
  return weights === null ? [described] : [described, { kind: 'weights', ...(await describeInput(weights)) }];
}

/** The sizes of a run. */
export function shapeOf({
  model: { d, heads, layers, order, scale },
}: Pick<Config, 'model'>): ModelShape {
  return { d, heads, layers, order, scale };
}

function tokenModel(asked: Partial<Config['model']>): Config['model'] {
  const weights = asked.weights ?? null;
  const defaults = { d: 64, heads: 2, layers: 1, order: 'tensor', scale: 1, rotary: false } as const;
  return { ...defaults, scoreStd: weights === null ? 1 : null, weights, ...asked };
}

/** What an entry source dictates; only the scale may be asked to differ, which is then an experiment of its own. */
async function modelOf(source: EntrySource, asked: Partial<Config['model']>): Promise<Config['model']> {
  const shape = await source.shape();
  for (const key of ['d', 'heads', 'layers', 'order'] as const) {
    if (asked[key] === undefined || asked[key] === shape[key]) continue;
    throw new Failure(
      'bad-option',
      `${key} = ${asked[key]}, but the source has ${key} = ${shape[key]}`,
      `leave out --${key}: the source decides it`,
    );
  }
  for (const key of ['scoreStd', 'weights', 'rotary'] as const) {
    if (asked[key] === undefined || asked[key] === null || asked[key] === false) continue;
    throw new Failure(
      'bad-option',
      `${key} = ${asked[key]}: this source brings its own q, k and v`,
      `leave out --${key === 'scoreStd' ? 'score-std' : key}`,
    );
  }
  const { scale: own, ...sizes } = shape;
  return { ...sizes, scale: asked.scale ?? own ?? 1, scoreStd: null, weights: null, rotary: false };
}

function checkConfig(config: unknown): Config {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const { path, message } = issue;
  // of all groups only this one is passed on as users typed it
  if (issue.code === 'unrecognized_keys' && path[0] === 'sparsity') {
    const [key] = issue.keys;
    const hint = didYouMean(key, Object.keys(sparsitySchema.shape));
    throw new Failure('bad-option', `sparsity: unknown option "${key}"`, hint);
  }
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], config);
  throw new Failure(
    'bad-option',
    `${path.join('.')} = ${formatValue(value)}: ${message}`,
    'see kronflow run --help',
  );
}

function refuseContradictions(config: Config, caches: readonly LabelledCache[], source: Source): void {
  const { order, layers } = config.model;
  for (const [i, { label, factory }] of caches.entries()) {
    if (label === 'reference' || caches.findIndex((other) => other.label === label) < i) {
      const why = label === 'reference' ? 'is kept for the exact reference' : 'names two caches';
      throw new Failure('bad-option', `cache label "${label}" ${why}`, 'give one of them label=… of its own');
    }
    if (factory.spec.orders.includes(order)) continue;
    throw new Failure(
      'bad-option',
      `cache ${label}: order = ${order}, but it is defined only for ${factory.spec.orders.join(', ')}: ${factory.spec.summary}`,
      `leave it out, or pass --order ${factory.spec.orders[0]}`,
    );
  }
  for (const [name, asked] of [
    ['recall', config.recall > 0],
    ['sparsity', config.sparsity !== null],
  ] as const) {
    if (!asked || config.reference !== 'none') continue;
    throw new Failure(
      'bad-option',
      `--${name} with reference = none: it is measured on the exact answers, and none would be made`,
      `leave out --${name}, or pass --reference f64`,
    );
  }
  if (source.kind === 'tokens' && layers > 1 && config.prompt > 0 && config.reference === 'none') {
    throw new Failure(
      'bad-option',
      `prompt = ${config.prompt} with ${layers} layers and reference = none: nothing would drive the deeper layers`,
      'pass --reference f64, --layers 1 or --prompt 0',
    );
  }
}

/** A prompt that takes every token leaves a table of dashes: nobody means that. */
function refuseNothingToDecode({ prompt }: Config, { streams }: Source, steps: number | null): void {
  if (prompt === 0 || steps === null || streams === null || prompt < Math.ceil(steps / streams)) return;
  throw new Failure(
    'bad-option',
    `prompt = ${prompt}, but a stream has ${Math.ceil(steps / streams)} tokens: none is left to decode`,
    'lower --prompt, or give it more tokens',
  );
}

/** Recall of more tokens than a stream has would only say which share of it is kept. */
function refuseTooManyToRecall({ recall }: Config, { streams }: Source, steps: number | null): void {
  if (steps === null || streams === null) return;
  const longest = Math.ceil(steps / streams);
  if (recall <= longest) return;
  throw new Failure(
    'bad-option',
    `recall = ${recall}, but a stream has ${longest} tokens: there are no ${recall} most attended ones`,
    `pass --recall ${Math.max(1, Math.floor(longest / 10))}, or give it more tokens`,
  );
}

/** How many steps will come, refusing what cannot fit. Only steps that were counted refuse: --tokens alone is a limit. */
async function plan(
  config: Config,
  source: Source,
  caches: readonly LabelledCache[],
): Promise<Pick<ResolvedRun, 'steps' | 'memoryBytes'>> {
  const asked = {
    shape: shapeOf(config),
    caches,
    reference: config.reference === 'f64' ? { label: 'reference', factory: fourCache() } : null,
    bytesPerNumber: BYTES_PER_NUMBER,
    budget: config.memory,
    available: process.availableMemory(),
  };
  const most = config.tokens ?? Infinity;
  if (source.streams === null) {
    const counted = await source.count(most);
    const streamIds = counted === null ? null : await streamIdsOf(source, counted);
    if (streamIds === null) return { steps: counted, memoryBytes: 0 };
    const question: BudgetQuestion = { ...asked, lengths: asRecorded(streamIds) };
    checkBudget(question, streamIds.length);
    return { steps: counted, memoryBytes: plannedBytes(question, streamIds.length) };
  }
  const question: BudgetQuestion = { ...asked, lengths: takingTurns(source.streams) };
  const fits = largestFit(question);
  const limit = Math.min(most, fits === Infinity ? COUNT_LIMIT : Math.max(fits + 1, COUNT_LIMIT));
  const counted = await source.count(limit);
  if (counted !== null) checkBudget(question, counted);
  const steps = counted === limit && limit < most ? null : counted;
  return {
    steps,
    memoryBytes: Math.min(MEMORY_LIMIT, plannedBytes(question, counted ?? Math.min(limit, fits))),
  };
}

async function streamIdsOf(source: Source, steps: number): Promise<ArrayLike<number> | null> {
  if (source.kind !== 'entries' || source.streamIds === undefined) return null;
  return source.streamIds(Math.min(steps, STREAM_IDS_LIMIT));
}
