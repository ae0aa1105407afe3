import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readRunFile, RUN_FILE } from '../../data/sinks/trace-folder.js';
import { refuseChangedPlugins } from '../../pipelines/plugins/refuse-changed.js';
import { configSchema } from '../../pipelines/config.js';
import type { RunRequest } from '../../pipelines/resolve.js';

/** Flags of a replay that the recorded run answers when the user does not. */
export type Said = (flag: 'cache' | 'operator' | 'prompt' | 'seed' | 'reference' | 'outputs') => boolean;

/**
 * A replay of a trace folder is the run that was recorded, unless the user says otherwise: its caches, operators, prompt,
 * seed, reference and outputs (law L10). A recording on its own says none of these.
 *
 * @throws Failure `bad-trace` when the folder's run.json is damaged; `bad-input` when a plug-in's file is not what it was
 */
export async function asRecorded(request: RunRequest, path: string, said: Said): Promise<RunRequest> {
  const isTrace = await stat(join(path, RUN_FILE)).then(
    () => true,
    () => false,
  );
  if (!isTrace) return request;
  const run = await readRunFile(path);
  const recorded = configSchema.parse(run.config);
  const names = [...(said('cache') ? [] : recorded.caches), ...(said('operator') ? [] : recorded.operators)];
  await refuseChangedPlugins(path, run, names);
  const { trace } = request;
  return {
    ...request,
    caches: said('cache') ? request.caches : recorded.caches,
    operators: said('operator') ? (request.operators ?? []) : recorded.operators,
    prompt: said('prompt') ? request.prompt : recorded.prompt,
    seed: said('seed') ? request.seed : recorded.seed,
    reference: said('reference') ? request.reference : recorded.reference,
    trace: { ...trace, outputs: said('outputs') ? trace.outputs : recorded.trace.outputs },
  };
}
