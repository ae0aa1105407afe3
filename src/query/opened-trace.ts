import { resolve } from 'node:path';
import type { RunFile } from '../../data/schemas/run-file.js';
import { readSealedRun } from '../../data/sinks/read-steps.js';
import { checkSha256 } from '../../data/sinks/sealed-file.js';
import { labelTraces } from './labels.js';

/** A sealed trace whose files are what was sealed. */
export interface OpenedTrace {
  /** The value of column `trace` in every view. */
  readonly label: string;
  /** Absolute. */
  readonly dir: string;
  readonly run: RunFile;
}

/**
 * Read run.json of every trace and check its files against their sha256: half a second per gigabyte, and no query
 * answers from a damaged file.
 * @throws Failure `bad-trace` when one is not a trace, not sealed, or damaged; `bad-option` when one is named twice
 */
export async function readTraces(dirs: readonly string[]): Promise<readonly OpenedTrace[]> {
  const labels = labelTraces(dirs);
  const traces: OpenedTrace[] = [];
  for (const [i, dir] of dirs.entries()) {
    const run = await readSealedRun(dir);
    for (const name of Object.keys(run.outputs)) await checkSha256(dir, run, name);
    traces.push({ label: labels[i], dir: resolve(dir), run });
  }
  return traces;
}
