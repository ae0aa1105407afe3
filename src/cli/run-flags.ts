import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { logLevels, type LogLevel } from '../../data/log.js';
import { POLICY_NAMES } from '../../pipelines/allocation/policies.js';
import type { RunRequest } from '../../pipelines/resolve.js';
import type { Speed } from '../../pipelines/paced.js';
import type { SnapshotEvery } from '../../pipelines/snapshot-pace.js';
import type { KernelName } from '../../workers/kernels/kernel.js';
import { bytes, collect, natural, number, positive, sparsityOptions } from './flag-parsers.js';
import { parseAll, parseAllocation, parseCaches } from './named-options.js';
import { kernelFlag, snapshotFlag, speedFlag, timingsFlag } from './shared-flags.js';
import { addWatchFlags, type WatchFlags } from './watch/watch-flags.js';
import { sourceOf, type RunInput, type SourceFlags } from './source-flags.js';

/** Caches of a run that names none: the paper's trade-off, its answer to it, and the simplest rival. */
export const DEFAULT_CACHES = ['four-cache', 'two-cache', 'subgen4', 'window'];
const DEFAULT_TOKENS = 400; // of the guide that ships with kronflow

/** What commander hands to the commands that run something; undefined where the user said nothing. */
export interface RunFlags extends SourceFlags, WatchFlags {
  readonly output?: string;
  readonly cache: readonly string[];
  readonly allocate: readonly string[];
  readonly operator: readonly string[];
  readonly sink: readonly string[];
  readonly onError: 'stop' | 'skip';
  readonly prompt: number;
  readonly model?: string;
  readonly drive?: string;
  readonly weights?: string;
  readonly rotary?: true;
  readonly seed: number;
  readonly threads: number;
  readonly memory?: number;
  readonly outputs?: true;
  readonly reference: 'f64' | 'none';
  readonly recall: number;
  readonly sparsity?: Readonly<Record<string, unknown>>;
  readonly timings: 'on' | 'off';
  readonly kernel: KernelName | 'auto';
  readonly json?: true;
  readonly logLevel: LogLevel;
  readonly snapshotEvery: SnapshotEvery;
  readonly speed?: Speed;
}

/** Options of everything that runs a stream through caches. */
export function addRunFlags(command: Command, defaultCaches = DEFAULT_CACHES.join(', ')): Command {
  return addModelFlags(addSizeFlags(command), defaultCaches);
}

/** Options of a replay: its recording has the sizes, so that `--layers` and `--heads` say which of them are replayed. */
export function addReplayFlags(command: Command): Command {
  return addModelFlags(command, DEFAULT_CACHES.join(', '))
    .option('--from <pos>', 'first position to replay', natural('--from'))
    .option('--to <pos>', 'position to stop before', positive('--to'))
    .option('--streams <list>', 'streams to replay, such as 0,2,5-7')
    .option('--layers <list>', 'layers to replay; the trace numbers them from 0')
    .option('--heads <list>', 'heads to replay; the trace numbers them from 0');
}

function addModelFlags(command: Command, defaultCaches: string): Command {
  const running = addPartFlags(addWatchFlags(addShapeFlags(command)), defaultCaches);
  return addHowFlags(addMeasureFlags(addLimitFlags(running)));
}

/** What is put together: caches, operators, sinks. */
function addPartFlags(command: Command, defaultCaches: string): Command {
  return command
    .option('-o, --output <dir>', 'folder of the trace (default: the next free traces/run-N)')
    .addOption(
      repeated('-c, --cache <name[:key=value,…]>', 'a cache to run; repeat it for several', defaultCaches),
    )
    .addOption(
      repeated(
        '--allocate <policy:size[@tokens],…>',
        `one budget for all layers and heads of a cache, shared by ${POLICY_NAMES.join(', ')}; repeat it for several`,
        'each head by its own options',
      ),
    )
    .addOption(
      repeated(
        '--operator <name[:key=value,…]>',
        'an operator beside those of the flow; repeat it for several',
        'none',
      ),
    )
    .addOption(
      repeated(
        '--sink <module#export[:key=value,…]>',
        'a sink of yours beside the trace; repeat it for several',
        'none',
      ),
    )
    .addOption(
      new Option('--on-error <what>', 'when a cache fails: stop the run, or skip the cache and go on')
        .choices(['stop', 'skip'])
        .default('stop'),
    );
}

/** How far a run goes, and what it may take. */
function addLimitFlags(command: Command): Command {
  return command
    .option('--tokens <n>', 'steps at most', positive('--tokens'))
    .option(
      '--prompt <n>',
      'first n tokens of each stream are appended without a query',
      natural('--prompt'),
      0,
    )
    .option('--seed <n>', 'seed of everything random', natural('--seed'), 1)
    .addOption(
      new Option('--threads <n>', 'threads that compute attention, the main one included')
        .argParser(positive('--threads', 1024))
        .default(availableParallelism(), 'one per processor'),
    )
    .option('--memory <size>', 'budget of all caches, e.g. 2GiB', bytes('--memory'));
}

/** What is measured and kept. */
function addMeasureFlags(command: Command): Command {
  return command
    .option('--outputs', 'also write every output vector to outputs.parquet')
    .addOption(
      new Option('--reference <kind>', 'what to compare with').choices(['f64', 'none']).default('f64'),
    )
    .option(
      '--recall <k>',
      'measure which of the k most attended tokens each cache holds',
      natural('--recall'),
      0,
    )
    .option(
      '--sparsity <key=value,…>',
      'measure how sparse exact attention is: every=16,epsilon=1e-4,mass=0.95,share=0.01',
      sparsityOptions,
    );
}

/** How it is carried out. */
function addHowFlags(command: Command): Command {
  return command
    .addOption(kernelFlag())
    .addOption(timingsFlag())
    .addOption(
      new Option('--log-level <level>', 'detail of log.jsonl in the trace')
        .choices(logLevels)
        .default('info'),
    )
    .addOption(speedFlag())
    .addOption(snapshotFlag())
    .option('--json', 'print the summary as JSON');
}

function repeated(flags: string, says: string, byDefault: string): Option {
  return new Option(flags, says).argParser(collect).default([], byDefault);
}

function addSizeFlags(command: Command): Command {
  return command
    .option('--heads <n>', 'heads (default: 2)', positive('--heads', 1024))
    .option('--layers <n>', 'layers (default: 1)', positive('--layers', 1024))
    .option(
      '--model <name|file>',
      'a language model (see: kronflow list models), which decides all sizes; text is read as bytes, in windows of its context',
    )
    .option(
      '--drive <label>',
      'whose output goes into the next layer: exact, or the label of a cache (default: exact, without a reference the first cache)',
    );
}

function addShapeFlags(command: Command): Command {
  return command
    .option('--d <n>', 'numbers per head, 1 to 256 (default: 64)', positive('--d', 256))
    .addOption(
      new Option('--order <order>', 'tensor scores pairs of tokens, matrix single ones').choices([
        'tensor',
        'matrix',
      ]),
    )
    .option(
      '--scale <x>',
      'factor on every score (default: 1)',
      number('--scale', 'a number other than 0', (x) => Number.isFinite(x) && x !== 0),
    )
    .option(
      '--score-std <R>',
      'scale projections so that scores have this standard deviation (default: 1)',
      number('--score-std', 'a number above 0', (x) => x > 0 && Number.isFinite(x)),
    )
    .option('--weights <file>', 'projection weights, a safetensors file (default: seeded Gaussian)')
    .option('--rotary', 'rotate embeddings by position');
}

/**
 * What the flags ask for; `recording` says whether to write one.
 * @throws Failure `bad-option`
 */
export function requestOf(flags: RunFlags, input: RunInput, recording: boolean): RunRequest {
  const { d, heads, layers, order, scale, scoreStd, weights, rotary, model: name, drive } = flags;
  const asked = { d, heads, layers, order, scale, scoreStd, weights, rotary, name };
  const source = sourceOf(flags, input);
  const model = Object.entries(asked).filter(
    ([key, value]) => value !== undefined && !source.taken.includes(key),
  );
  const guide = flags.source === undefined && input === undefined;
  return {
    kronflow: 1,
    source: { name: source.name, options: { ...source.options } },
    model: Object.fromEntries(model),
    caches: parseCaches(flags.cache.length > 0 ? flags.cache : DEFAULT_CACHES),
    ...(flags.allocate.length > 0 ? { allocate: flags.allocate.map(parseAllocation) } : {}),
    operators: parseAll('--operator', flags.operator),
    sinks: parseAll('--sink', flags.sink),
    onError: flags.onError,
    ...(drive === undefined ? {} : { drive }),
    reference: flags.reference,
    recall: flags.recall,
    sparsity: flags.sparsity ?? null,
    prompt: flags.prompt,
    tokens: flags.tokens ?? (guide ? DEFAULT_TOKENS : null),
    seed: flags.seed,
    memory: flags.memory ?? null,
    trace: { outputs: flags.outputs ?? false, timings: flags.timings === 'on', recording },
  };
}
