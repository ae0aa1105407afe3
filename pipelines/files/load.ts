import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILE } from '../../data/sinks/trace-folder.js';
import { Failure } from '../../src/core/failure.js';
import { inPart } from '../../src/core/part.js';
import type { KernelName } from '../../workers/kernels/kernel.js';
import { builtIn, isReference, loadPlugins, type Registry } from '../registry.js';
import { resolveModel, type RunRequest } from '../resolve.js';
import { checkEntries, checkShape, entriesOf } from './check.js';
import { explain, type Origin } from './explain.js';
import type { PipelineFile } from './file-schema.js';
import { override, parseSet, type Override } from './overrides.js';
import { fromWorkingFolder, noInput, STDIN } from './paths.js';
import { findPreset, PRESET } from './presets.js';
import { PipelineFailure } from './problem.js';
import { completeTree, isDescription, readTree } from './read.js';
import { pipelineOf } from './run-description.js';
import { requestOf } from './to-request.js';
import { plain, type MapNode } from './tree.js';
import type { Environment } from './variables.js';
import { withBudgets } from './with-budgets.js';

/** What may be said besides the file. */
export interface LoadOptions {
  /** Values as `--set` takes them: `caches[1].delta=0.3`. */
  readonly set?: readonly string[];
  /** The pipeline itself, where it stands inside of the file `path` and is not all of it. */
  readonly inline?: MapNode;
  /** Values of other flags; they come last. */
  readonly overrides?: readonly Override[];
  /** Default: that of this process. */
  readonly env?: Environment;
  /** Standard input, for a source that reads `-`. Default: nothing. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** A pipeline file, read and checked. */
export interface LoadedPipeline {
  readonly request: RunRequest;
  /** How and where it asks to be run; what is absent is up to whoever runs it. */
  readonly execution: {
    readonly threads?: number;
    readonly kernel?: KernelName | 'auto';
    readonly output?: string;
  };
  /** Runs, with seeds from that of the request on. */
  readonly repeats: number;
  readonly registry: Registry;
  readonly description: string | null;
  /** What the run read that this file describes, if it is a run.json and still asks for the same. */
  readonly inputs: readonly unknown[] | null;
  /** A failure of the request, told at its place in the file; anything else as it is. */
  explain(error: unknown): unknown;
}

/**
 * Read a pipeline: a YAML or JSON file with what it includes, `preset:NAME`, a run.json or the folder of a trace. Variables,
 * `set` and `overrides` are put in, names and options checked, budgets made into caches.
 *
 * @throws PipelineFailure with file, line, column, path, value and rule of everything that is wrong; Failure `not-found`
 */
export async function loadPipeline(path: string, options: LoadOptions = {}): Promise<LoadedPipeline> {
  const { set = [], overrides = [], env = process.env, stdin = noInput(), inline } = options;
  const read = inline ? await completeTree(inline, path, env) : await readTree(await fileOf(path), env);
  const described = isDescription(read);
  const said = override(described ? pipelineOf(read) : read, [...set.map(parseSet), ...overrides]);
  const tree = fromWorkingFolder(said);
  const { file, registry } = await checked(tree);
  const bare = requestOf(file, registry);
  try {
    if (file.repeats > 1) inPart(['source'], () => refuseRepeatedInput(file));
    const { caches, origins } = await withBudgets(file, bare, registry, () =>
      resolveModel(bare, stdin, registry),
    );
    const kept = described && set.length + overrides.length === 0 ? plain(read) : null;
    return {
      ...{ request: { ...bare, caches }, registry, repeats: file.repeats, execution: executionOf(file) },
      description: file.description ?? null,
      inputs: kept === null ? null : ((kept as { inputs?: readonly unknown[] }).inputs ?? null),
      explain: (error) => explain(tree, origins, error),
    };
  } catch (error) {
    throw explain(tree, identity(file), error);
  }
}

/** Whether a path is that of a pipeline file, or a preset. */
export function isPipelineFile(path: string): boolean {
  return path.startsWith(PRESET) || /\.(ya?ml|json)$/i.test(path);
}

/** Whether a path given to `run` is a pipeline, and not a text: also the folder of a trace. */
export async function isPipeline(path: string): Promise<boolean> {
  return isPipelineFile(path) || isFile(join(path, RUN_FILE));
}

/** The file that stands for what a user named. */
async function fileOf(path: string): Promise<string> {
  if (path.startsWith(PRESET)) return findPreset(path.slice(PRESET.length));
  const inTrace = join(path, RUN_FILE);
  return (await isFile(inTrace)) ? inTrace : path;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function checked(tree: MapNode): Promise<{ readonly file: PipelineFile; readonly registry: Registry }> {
  const shape = checkShape(tree);
  if ('problems' in shape) throw new PipelineFailure(shape.problems);
  const { file } = shape;
  let registry = builtIn;
  for (const { path, entry } of entriesOf(file).filter((one) => isReference(one.entry.name))) {
    const known = registry;
    const load = () => loadPlugins([entry.name], process.cwd(), known);
    registry = await inPart([...path, 'name'], load).catch((error: unknown) => {
      throw explain(tree, identity(file), error);
    });
  }
  const problems = checkEntries(tree, file, registry);
  if (problems.length > 0) throw new PipelineFailure(problems);
  return { file, registry };
}

/** Without budgets every cache of the request is one of the file. */
function identity({ caches = [] }: PipelineFile): readonly Origin[] {
  return caches.map(({ name, label = name }, index) => ({ label, index }));
}

/** Standard input can be read once. */
function refuseRepeatedInput({ source, repeats }: PipelineFile): void {
  if (source.path !== STDIN) return;
  throw new Failure(
    'bad-option',
    `path = -, and repeats = ${repeats}: standard input can be read only once`,
    'save it as a file first, or leave out repeats',
  );
}

function executionOf({ threads, kernel, output }: PipelineFile): LoadedPipeline['execution'] {
  const all = { threads, kernel, output };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
