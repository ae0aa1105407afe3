import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../measure.js';
import type { PipelineReport } from './pipeline-child.js';
import { quiet } from './quiet.js';

const [STEPS, ROUNDS] = [2048, 3];

/** Where the time of a whole run goes, with one thread and with two; shares of wall time, medians over runs. */
export interface PipelineTimed {
  readonly kernel: string;
  readonly threads: number;
  readonly seconds: number;
  /** Time inside kernels / (threads · wall time). */
  readonly inKernel: number;
  /** Time from asking the pool to its answer / wall time: what is left is the rest of the pipeline. */
  readonly inPool: number;
}

/** `run` with one exact cache to n = 2048, start, journal and sealing included. */
export async function measurePipeline(): Promise<readonly PipelineTimed[]> {
  const child = fileURLToPath(new URL('pipeline-child.js', import.meta.url));
  const found: PipelineTimed[] = [];
  for (const threads of [1, 2]) {
    const reports: PipelineReport[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await quiet();
      const { stdout } = await promisify(execFile)(process.execPath, [child, String(threads), String(STEPS)]);
      reports.push(JSON.parse(stdout) as PipelineReport);
    }
    const middle = (of: (report: PipelineReport) => number) => median(reports.map(of));
    found.push({
      ...{ kernel: reports[0].kernel, threads, seconds: middle(({ wallNs }) => wallNs / 1e9) },
      inKernel: middle(({ kernelNs, wallNs }) => kernelNs / threads / wallNs),
      inPool: middle(({ attendNs, wallNs }) => attendNs / wallNs),
    });
  }
  return found;
}
