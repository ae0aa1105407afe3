import { availableParallelism } from 'node:os';
import type { CacheFactory } from '../src/core/cache.js';
import type { RecordedStep, TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';
import { Ledger } from '../src/core/ledger.js';
import { randomStream } from '../src/core/random.js';
import type { Run } from '../src/core/run.js';
import type { ModelShape } from '../src/core/shape.js';
import type { Source, SourceParts } from '../src/core/source.js';
import type { TraceSink } from '../src/core/trace.js';
import type { ProjectionWeights } from '../src/core/weights.js';
import { SharedArena } from '../workers/arena.js';
import { chooseKernel } from '../workers/choose-kernel.js';
import { multiplyOf } from '../workers/multiply.js';
import { openPool } from '../workers/open-pool.js';
import { createBank, type LabelledCache } from './cache-bank.js';
import { clockFrom } from './execute.js';
import { loadWeights } from './load-weights.js';
import { guardSource } from './plugins/guard-source.js';
import { isReference, loadPlugins, pluginOf, type Registry } from './registry.js';

/**
 * A plug-in by name with its options beside it, as in a pipeline file: `{ name: 'window', size: 32 }`. A name may be a
 * reference to a file or a package, `./my-cache.js#name`, found from the working folder.
 */
export interface PluginEntry {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** A cache of a run: `'four-cache'`, `{ name: 'window', size: 32, label: 'w' }`, `myCache({ … })`, or that with a label. */
export type CacheEntry = string | PluginEntry | CacheFactory | LabelledCache;

/** A source of a run: `'gaussian'`, `{ name: 'text', path: 'book.txt' }`, or `mySource({ … })`. */
export type SourceEntry = string | PluginEntry | ((parts: SourceParts) => Source);

/** What a program says of its run. Sizes that a source of ready rows dictates need not be said. */
export interface OpenRunOptions extends Partial<ModelShape> {
  readonly caches: readonly CacheEntry[];
  /** Absent: the program brings its own steps, of the sizes given here. */
  readonly source?: SourceEntry;
  readonly seed?: number;
  /** R of the projected rows of a token source; default 1. */
  readonly scoreStd?: number;
  /** Bytes that all caches and the reference may hold together. */
  readonly memory?: number;
  /** Default: as many as the machine runs at once. */
  readonly threads?: number;
  readonly kernel?: 'auto' | 'native' | 'wasm' | 'reference';
  /** Default: rows are dropped. `memorySink()` keeps them, `openJournal` writes them. */
  readonly sink?: TraceSink;
  /** What a source told to read `-` reads. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** A run that a program holds in its hands: what operators need, its steps, and an end. */
export interface OpenRun extends Run {
  /** Of `project`, one per layer; empty when the source brings ready rows. */
  readonly weights: readonly ProjectionWeights[];
  /** The source's tokens: for `embed` and `project`, or `decode`. @throws Failure when it brings ready rows */
  tokens(): AsyncIterable<TokenEvent>;
  /** The source's ready rows: for `loadRows`, or `replay`. @throws Failure when it brings tokens */
  entries(): AsyncIterable<RecordedStep>;
  /** Stop the threads. */
  close(): Promise<void>;
}

const DEFAULTS = { d: 64, heads: 2, layers: 1, order: 'tensor', scale: 1 } as const; // those of `kronflow run`

/**
 * Make everything that operators need from a few words: memory, ledger, threads, caches, clock, seeded random numbers. The
 * same seed, source and sizes give the numbers that `kronflow run` gives. Close it when the flow is done.
 *
 * @throws Failure for a name that does not exist, a plug-in or an option that is wrong, or sizes that the source contradicts
 */
export async function openRun(options: OpenRunOptions): Promise<OpenRun> {
  const { seed = 1, memory = Infinity, scoreStd = 1 } = options;
  const registry = await loadPlugins(namesIn(options), process.cwd());
  const caches = options.caches.map((entry) => labelled(entry, registry));
  refuseTwins(caches);
  const source = options.source === undefined ? null : openSource(options.source, options, registry);
  const shape = await shapeOf(options, source);
  const weights = source?.kind === 'tokens' ? await loadWeights({ seed, model: model(shape, scoreStd) }) : [];
  const arena = SharedArena.create();
  const kernel = await chooseKernel(options.kernel ?? 'auto', { memory: arena.memory });
  const pool = await openPool({ arena, threads: options.threads ?? availableParallelism(), kernel });
  const parts = {
    ...{ shape, seed, arena, pool, weights, ledger: new Ledger(memory), clock: clockFrom(0) },
    multiply: multiplyOf(kernel.name),
    sink: options.sink ?? { write: () => Promise.resolve() },
    random: (...labels: readonly (string | number)[]) => randomStream(seed, ...labels),
  };
  return {
    ...parts,
    caches: createBank(parts, caches),
    tokens: () => stepsOf(source, 'tokens').open() as AsyncIterable<TokenEvent>,
    entries: () => stepsOf(source, 'entries').open() as AsyncIterable<RecordedStep>,
    close: () => pool.close(),
  };
}

/** Every name that may stand for a plug-in. */
function namesIn({ caches, source }: OpenRunOptions): readonly string[] {
  return [...caches, source].flatMap((entry) => {
    if (typeof entry === 'string') return [entry];
    return typeof entry === 'object' && 'name' in entry ? [entry.name] : [];
  });
}

function labelled(entry: CacheEntry, registry: Registry): LabelledCache {
  if (typeof entry === 'string') return labelled({ name: entry }, registry);
  if ('factory' in entry) return entry as LabelledCache;
  if ('create' in entry) return { label: (entry as CacheFactory).spec.name, factory: entry as CacheFactory };
  const { name, label, ...options } = entry as PluginEntry;
  const plugin = pluginOf(registry, 'cache', name);
  return { label: String(label ?? plugin.spec.name), factory: plugin(options) };
}

/** Rows of two caches with one label could not be told apart. */
function refuseTwins(caches: readonly LabelledCache[]): void {
  const twin = caches.find(({ label }, i) => caches.findIndex((other) => other.label === label) < i);
  if (twin === undefined) return;
  const hint = `give one of them a label of its own: { name: '${twin.factory.spec.name}', label: '…' }`;
  throw new Failure('bad-option', `cache label "${twin.label}" names two caches`, hint);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function openSource(
  entry: SourceEntry,
  { seed = 1, stdin = nothing() }: Pick<OpenRunOptions, 'seed' | 'stdin'>,
  registry: Registry,
): Source {
  if (typeof entry === 'string') return openSource({ name: entry }, { seed, stdin }, registry);
  if (typeof entry === 'function') return entry({ seed, stdin });
  const { name, ...options } = entry;
  const make = () => pluginOf(registry, 'source', name)(options)({ seed, stdin });
  return isReference(name) ? guardSource(name, make) : make();
}

/** What the source dictates, what was asked for, or a default; a source of rows may be contradicted in its scale only. */
async function shapeOf(asked: Partial<ModelShape>, source: Source | null): Promise<ModelShape> {
  const own = source?.kind === 'entries' ? await source.shape() : null;
  for (const key of ['d', 'heads', 'layers', 'order'] as const) {
    if (own === null || asked[key] === undefined || asked[key] === own[key]) continue;
    const what = `${key} = ${asked[key]}, but the source has ${key} = ${own[key]}`;
    throw new Failure('bad-option', what, `leave out ${key}: the source decides it`);
  }
  const { d, heads, layers, order } = { ...DEFAULTS, ...asked, ...own };
  return { d, heads, layers, order, scale: asked.scale ?? own?.scale ?? DEFAULTS.scale };
}

function model(shape: ModelShape, scoreStd: number) {
  return { ...shape, scoreStd, weights: null, rotary: false };
}

function stepsOf(source: Source | null, kind: Source['kind']): Source {
  if (source?.kind === kind) return source;
  const [other, what] = kind === 'tokens' ? ['entries', 'ready rows'] : ['tokens', 'tokens'];
  throw source === null
    ? new Failure('bad-option', `run.${kind}(): the run has no source`, 'openRun({ source: …, … })')
    : new Failure('bad-option', `run.${kind}(): the source brings ${what}`, `take run.${other}()`);
}
