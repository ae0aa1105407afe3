import { refuseExisting } from '../../data/sinks/trace-folder.js';
import { preparePipeline, repeatsOf, resolvePipeline } from '../../pipelines/files/prepare.js';
import type { Override } from '../../pipelines/files/overrides.js';
import { isFailure } from '../core/failure.js';
import { wrapped } from './describe.js';
import { nextTraceFolder } from './output-folder.js';
import type { PipelineFlags } from './pipeline-flags.js';
import type { RunFlags } from './run-flags.js';
import { leaveTrace } from './run-to-trace.js';

/** Told of each trace that is there, as soon as it is, and what to say above it: of its pipeline, and which repeat it is. */
export type OnTrace = (dir: string, above: readonly string[]) => Promise<void>;

/**
 * Run a pipeline file, once for each of its repeats. What a later one would trip over is refused before the first starts.
 * @throws PipelineFailure, or Failure
 */
export async function runPipeline(
  path: string,
  overrides: readonly Override[],
  flags: RunFlags & PipelineFlags,
  onTrace: OnTrace,
): Promise<void> {
  const options = { set: flags.set, overrides, stdin: process.stdin };
  const { pipeline, resolved } = await preparePipeline(path, options);
  const { execution, repeats, explain } = pipeline;
  const name = execution.output ?? (await nextTraceFolder());
  const dirs = repeats === 1 ? [name] : Array.from({ length: repeats }, (_, i) => `${name}-${i + 1}`);
  for (const dir of dirs) await refuseExisting(dir);
  for (const [i, request] of repeatsOf(pipeline).entries()) {
    const run = i === 0 ? resolved : await resolvePipeline(pipeline, request, options);
    const how = { ...flags, ...execution, output: dirs[i] };
    await leaveTrace(run, how).catch((error: unknown) => {
      throw isFailure(error) && error.code === 'plugin-failed' ? explain(error) : error;
    });
    const which = repeats === 1 ? [] : [`Repeat ${i + 1} of ${repeats}, seed ${run.config.seed}:`];
    await onTrace(dirs[i], [...(i === 0 ? described(pipeline) : []), ...which]);
    if (process.exitCode) return; // interrupted: so are the others
  }
}

function described({ description }: { readonly description: string | null }): readonly string[] {
  return description === null ? [] : wrapped(description, 0);
}
