import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { executeRun } from '../../pipelines/execute.js';
import { resolveRun } from '../../pipelines/resolve.js';
import { openPool } from '../../workers/open-pool.js';

/** What pipeline.ts reads from the standard output of this process: nanoseconds of one whole run. */
export interface PipelineReport {
  readonly kernel: string;
  readonly threads: number;
  readonly steps: number;
  /** From the call to the sealed trace. */
  readonly wallNs: number;
  /** Inside kernels, summed over threads. */
  readonly kernelNs: number;
  /** From asking the pool to its answer. */
  readonly attendNs: number;
}

// A run of text with one exact cache, without the float64 reference; a process of its own, so that nothing is warm.
// node pipeline-child.js THREADS STEPS
const [threads, steps] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
const text = join(folder, 'text');
const guide = await readFile(
  fileURLToPath(new URL('../../../docs/guide-to-kv-caches.md', import.meta.url)),
  'utf8',
);
await writeFile(text, guide.repeat(Math.ceil((2 * steps) / guide.split(' ').length)));
const resolved = await resolveRun(
  {
    ...{ kronflow: 1, reference: 'none', prompt: 0, tokens: steps, seed: 1, memory: null },
    source: { name: 'text', options: { path: text } },
    model: { d: 64, heads: 1 },
    caches: [{ name: 'four-cache', label: 'four-cache', options: {} }],
    trace: { outputs: false, timings: true, recording: false },
  },
  process.stdin,
);
let [kernelNs, attendNs, done, kernel] = [0, 0, 0, ''];
const start = process.hrtime.bigint();
await executeRun(resolved, {
  ...{ dir: join(folder, 'trace'), threads, logLevel: 'warn', signal: new AbortController().signal },
  onStep: () => void done++,
  async pool(options) {
    const pool = await openPool(options);
    kernel = pool.kernel;
    const attend: typeof pool.attend = async (requests) => {
      const asked = process.hrtime.bigint();
      const answers = await pool.attend(requests);
      attendNs += Number(process.hrtime.bigint() - asked);
      for (const { attend_ns } of answers) kernelNs += attend_ns;
      return answers;
    };
    return { ...pool, attend };
  },
});
const wallNs = Number(process.hrtime.bigint() - start);
await rm(folder, { recursive: true });
if (done !== steps) throw new RangeError(`${done} of ${steps} steps`);
console.log(JSON.stringify({ kernel, threads, steps, wallNs, kernelNs, attendNs }));
process.exit(0); // nothing may keep the reading of standard input open
