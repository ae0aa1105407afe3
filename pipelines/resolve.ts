import type { z } from 'zod';
import { describeInput } from '../data/sources/input-file.js';
import { fourCache } from '../operators/caches/four-cache.js';
import { Failure } from '../src/core/failure.js';
import { formatValue } from '../src/core/format.js';
import { didYouMean } from '../src/core/nearest.js';
import { checkOptions } from '../src/core/plugin.js';
import { inPart } from '../src/core/part.js';
import type { ModelShape } from '../src/core/shape.js';
import type { Source } from '../src/core/source.js';
import { openCaches } from './allocation/open-caches.js';
import type { AllocationRequest } from './allocation/schema.js';
import type { LabelledCache } from './cache-bank.js';
import { checkBudget, largestFit, MEMORY_LIMIT, plannedBytes, type BudgetQuestion } from './check-budget.js';
import { checkWeights } from './check-weights.js';
import { configSchema, sparsitySchema, type Config } from './config.js';
import type { AddedSink } from './plugins/open-sinks.js';
import type { AddedOperator } from './plugins/place-operators.js';
import type { RequestedCache } from './label-caches.js';
import { openSource, type OpenedSource } from './open-source.js';
import { generating } from './resolve-generate.js';
import { refuseOtherVocabulary, type OpenedModel } from './resolve-language-model.js';
import { builtIn, isReference, loadPlugins, pluginOf, type Registry } from './registry.js';
import {
  refuseContradictions,
  refuseWithoutReference,
  refuseNothingToDecode,
  refuseTooManyToRecall,
} from './refuse-contradictions.js';
import { refuseUndriven } from './refuse-undriven.js';
import { asRecorded, takingTurns } from './stream-lengths.js';
import { oneWindow } from './windows.js';

const BYTES_PER_NUMBER = 4; // runs keep float32
const COUNT_LIMIT = 1_000_000; // a longer text is not counted to its end just for the progress bar
const STREAM_IDS_LIMIT = 2 ** 24; // of a longer recording the start is planned, and the ledger watches the rest

/** A run as asked for: what is not said about the model comes from the source, or from the defaults. */
export type RunRequest = Omit<z.input<typeof configSchema>, 'model' | 'caches'> & {
  readonly model: Partial<Config['model']>;
  readonly caches: readonly RequestedCache[];
  /** Byte budgets that every cache with a budget is run under, shared among layers and heads. */
  readonly allocate?: readonly AllocationRequest[];
};

/** A run that can start: everything found, checked and known to fit as far as that can be known. */
export interface ResolvedRun {
  readonly config: Config;
  readonly source: Source;
  readonly caches: readonly LabelledCache[];
  readonly operators: readonly AddedOperator[];
  readonly sinks: readonly AddedSink[];
  /** The language model that the config names, not read yet. */
  readonly language: OpenedModel | null;
  /** The source is one long text, cut into streams of the model's context, one after the other. */
  readonly windows: boolean;
  /** What is read: the source, a file of weights or a language model, and the files of plug-ins. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  /** Steps to come; null when the source cannot tell. */
  readonly steps: number | null;
  /** Shared memory that those steps may take, in bytes, as far as it is known; beyond 4 GiB it must be made so large at once. */
  readonly memoryBytes: number;
}

/**
 * Find and check everything a run names, before anything is written or allocated. References to plug-ins that `registry` does
 * not know yet are loaded as seen from the folder the command runs in.
 *
 * @throws Failure for what is unknown, wrong, contradictory or too large
 */
export async function resolveRun(
  request: RunRequest,
  stdin: AsyncIterable<Uint8Array>,
  known: Registry = builtIn,
): Promise<ResolvedRun> {
  const registry = await loadPlugins(namesIn(request), process.cwd(), known);
  const { options, source, model, language, windows } = await openSource(request, stdin, registry);
  const shape = { ...shapeOf({ model }), bytesPerNumber: BYTES_PER_NUMBER };
  const opened = await openCaches(request, registry, shape);
  const caches = opened.map(({ labelled }) => labelled);
  const operators = (request.operators ?? []).map((asked, i) =>
    inPart(['operators', i], () => addedOperator(registry, asked)),
  );
  const sinks = (request.sinks ?? []).map((asked, i) =>
    inPart(['sinks', i], () => addedSink(registry, asked)),
  );
  const { allocate: _, ...asked } = request;
  const config = checkConfig({
    ...asked,
    source: { name: request.source.name, options },
    model,
    ...(await generating(request, source, language, caches[0]?.label)),
    caches: opened.map((cache) => cache.config),
    operators: operators.map(({ name, options }) => ({ name, options })),
    sinks: sinks.map(({ name, options }) => ({ name, options })),
  });
  refuseContradictions(config, caches);
  refuseUndriven(config, source);
  refuseWithoutReference(config, operators);
  if (source.kind === 'tokens') inPart(['model'], () => checkWeights(shapeOf(config)));
  const { steps, memoryBytes } = await plan(config, source, caches, windows ? language : null);
  inPart(['prompt'], () => refuseNothingToDecode(config, source, steps ?? config.tokens));
  inPart(['recall'], () => refuseTooManyToRecall(config, source, steps ?? config.tokens));
  const inputs = await describeInputs(config, source, registry, { language, windows });
  if (language !== null) inPart(['source'], () => refuseOtherVocabulary(inputs[0], language));
  return { config, source, caches, operators, sinks, language, windows, inputs, steps, memoryBytes };
}

/**
 * The model of a run before its caches are known: what comparisons fit budgets to.
 * @throws Failure for a source or sizes that are unknown, wrong or contradictory
 */
export async function resolveModel(
  request: Pick<RunRequest, 'source' | 'model' | 'seed'>,
  stdin: AsyncIterable<Uint8Array>,
  known: Registry = builtIn,
): Promise<Config['model']> {
  const registry = await loadPlugins([request.source.name], process.cwd(), known);
  return (await openSource(request, stdin, registry)).model;
}

/** Every name in a request that may stand for a plug-in. */
export function namesIn({
  source,
  caches,
  operators = [],
  sinks = [],
}: Pick<RunRequest, 'source' | 'caches' | 'operators' | 'sinks'>): readonly string[] {
  return [source, ...caches, ...operators, ...sinks].map(({ name }) => name);
}

type Asked = Config['operators'][number];

function addedOperator(registry: Registry, { name, options }: Asked): AddedOperator & Asked {
  const plugin = pluginOf(registry, 'operator', name);
  const checked = checkOptions(plugin.spec, options);
  return { name, spec: plugin.spec, options: checked, create: plugin(options) };
}

function addedSink(registry: Registry, { name, options }: Asked): AddedSink & Asked {
  const plugin = pluginOf(registry, 'sink', name);
  return { name, options: checkOptions(plugin.spec, options), open: plugin(options) };
}

async function describeInputs(
  config: Config,
  source: Source,
  registry: Registry,
  { language, windows }: Pick<OpenedSource, 'language' | 'windows'>,
): Promise<ResolvedRun['inputs']> {
  const { weights } = config.model;
  const described = await inPart(['source'], () => source.describe());
  const ofWeights = weights === null ? [] : [await describeWeights(weights)];
  const ofModel =
    language === null ? [] : [{ ...(await inPart(['model', 'name'], language.describe)), windows }];
  const named = new Set(namesIn(config).filter(isReference));
  const plugins = [...named].map((name) => registry.loaded.get(name)!.input);
  return [described, ...ofWeights, ...ofModel, ...plugins];
}

async function describeWeights(path: string) {
  return { kind: 'weights', ...(await inPart(['model', 'weights'], () => describeInput(path))) };
}

/** The sizes of a run. */
export function shapeOf({ model: { d, heads, layers, order, scale } }: Pick<Config, 'model'>): ModelShape {
  return { d, heads, layers, order, scale };
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
  const what = `${path.join('.')} = ${formatValue(value)}: ${message}`;
  return inPart(path, () => {
    throw new Failure('bad-option', what, 'see kronflow run --help');
  });
}

/** How many steps will come, refusing what cannot fit. Only steps that were counted refuse: --tokens alone is a limit. */
async function plan(
  config: Config,
  source: Source,
  caches: readonly LabelledCache[],
  windowed: OpenedModel | null,
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
  const size = config.memory === null ? ['caches'] : ['memory'];
  if (source.streams === null && windowed === null) {
    const counted = await inPart(['source'], () => source.count(most));
    const streamIds = counted === null ? null : await inPart(['source'], () => streamIdsOf(source, counted));
    if (streamIds === null) return { steps: counted, memoryBytes: 0 };
    const question: BudgetQuestion = { ...asked, lengths: asRecorded(streamIds) };
    inPart(size, () => checkBudget(question, streamIds.length));
    return { steps: counted, memoryBytes: plannedBytes(question, streamIds.length) };
  }
  const question: BudgetQuestion = { ...asked, lengths: lengthsOf(source, windowed) };
  const fits = largestFit(question);
  const limit = Math.min(most, fits === Infinity ? COUNT_LIMIT : Math.max(fits + 1, COUNT_LIMIT));
  const counted = await inPart(['source'], () => source.count(limit));
  if (counted !== null) inPart(size, () => checkBudget(question, counted));
  const steps = counted === limit && limit < most ? null : counted;
  return {
    steps,
    memoryBytes: Math.min(MEMORY_LIMIT, plannedBytes(question, counted ?? Math.min(limit, fits))),
  };
}

/** Of streams that take turns, or of windows that come one after the other. */
function lengthsOf({ streams }: Source, windowed: OpenedModel | null): BudgetQuestion['lengths'] {
  return windowed === null ? takingTurns(streams!) : oneWindow(windowed.shape.context);
}

async function streamIdsOf(source: Source, steps: number): Promise<ArrayLike<number> | null> {
  if (source.kind !== 'entries' || source.streamIds === undefined) return null;
  return source.streamIds(Math.min(steps, STREAM_IDS_LIMIT));
}
