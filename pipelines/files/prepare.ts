import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../src/core/failure.js';
import { inPart } from '../../src/core/part.js';
import { loadWeights } from '../load-weights.js';
import { resolveRun, type ResolvedRun, type RunRequest } from '../resolve.js';
import { loadPipeline, type LoadedPipeline, type LoadOptions } from './load.js';
import { noInput } from './paths.js';

/** A pipeline file that can run. */
export interface PreparedPipeline {
  readonly pipeline: LoadedPipeline;
  /** Its first run; repeats differ by their seeds. */
  readonly resolved: ResolvedRun;
}

/**
 * Everything that is checked before a pipeline file runs, and all that lint, dry-run and test check: they cannot disagree.
 * Writes nothing.
 *
 * @throws PipelineFailure, or Failure `not-found`
 */
export async function preparePipeline(path: string, options: LoadOptions = {}): Promise<PreparedPipeline> {
  const pipeline = await loadPipeline(path, options);
  return { pipeline, resolved: await resolvePipeline(pipeline, pipeline.request, options) };
}

/**
 * Resolve a request of a pipeline: its own, or that of a repeat.
 * @throws PipelineFailure
 */
export async function resolvePipeline(
  { registry, inputs, explain }: LoadedPipeline,
  request: RunRequest,
  { stdin = noInput() }: LoadOptions,
): Promise<ResolvedRun> {
  try {
    const resolved = await resolveRun(request, stdin, registry);
    const { config } = resolved;
    if (config.model.weights !== null) await inPart(['model', 'weights'], () => loadWeights(config));
    if (inputs !== null) refuseChanged(inputs, resolved.inputs);
    return resolved;
  } catch (error) {
    throw explain(error);
  }
}

/** The request of each run that a pipeline asks for. */
export function repeatsOf({ request, repeats }: LoadedPipeline): readonly RunRequest[] {
  return Array.from({ length: repeats }, (_, i) => ({ ...request, seed: request.seed + i }));
}

/** A run.json promises the same bytes, which other inputs cannot give. */
function refuseChanged(before: readonly unknown[], now: ResolvedRun['inputs']): void {
  for (const [i, input] of before.entries()) {
    const found: unknown = JSON.parse(JSON.stringify(now[i] ?? null));
    if (isDeepStrictEqual(input, found)) continue;
    const { path = 'the source' } = (input ?? {}) as { path?: string };
    inPart(['source'], () => {
      throw new Failure(
        'bad-input',
        `${path} is not what it was when this run read it: ${difference(input, found)}`,
        'restore it; or run with what is there now: --set source.path=…',
      );
    });
  }
}

function difference(before: unknown, now: unknown): string {
  const [was, is] = [before, now].map((input) => (input ?? {}) as Readonly<Record<string, unknown>>);
  const key = Object.keys({ ...was, ...is }).find((name) => !isDeepStrictEqual(was[name], is[name]));
  const said = (value: unknown) => String(value).slice(0, 12);
  return `${key} was ${said(was[key!])}, and is ${said(is[key!])}`;
}
