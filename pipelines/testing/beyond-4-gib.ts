import { readSteps } from '../../data/sinks/read-steps.js';
import type { KernelName } from '../../workers/kernels/kernel.js';
import { executeRun } from '../execute.js';
import { resolveRun, type RunRequest } from '../resolve.js';

/** n and d of two-cache at 4.3 GiB; what growing and working reserves comes on top. */
const SIZE = { n: 3000, d: 64, heads: 1 };

/** What the two caches came to, row by row. */
export interface LargeRun {
  readonly largestBytes: number;
  readonly errors: { readonly twoCache: readonly number[]; readonly fourCache: readonly number[] };
}

/** Decode 3,000 tokens through two-cache and four-cache, the last `asked` of them with a query. */
export async function beyondFourGib(dir: string, asked: number, kernel: KernelName): Promise<LargeRun> {
  const request: RunRequest = {
    ...{ kronflow: 1, source: { name: 'gaussian', options: SIZE }, model: {}, seed: 5, memory: null },
    ...{ reference: 'f64', prompt: SIZE.n - asked, tokens: null },
    caches: ['two-cache', 'four-cache'].map((name) => ({ name, label: name, options: {} })),
    trace: { outputs: false, timings: false, recording: false },
  };
  const how = { dir, kernel, threads: 2, logLevel: 'silent', snapshotEvery: 0, onStep: () => {} } as const;
  await executeRun(await resolveRun(request, noInput()), { ...how, signal: new AbortController().signal });
  const { columns } = await readSteps(dir, ['cache', 'resident_bytes', 'err_rel_l2']);
  const labels = columns.cache.values;
  const errorsOf = (label: string) =>
    Array.from(columns.err_rel_l2.values).filter(
      (_, i) => labels[i] === label && columns.err_rel_l2.valid?.[i] !== 0,
    );
  return {
    largestBytes: Array.from(columns.resident_bytes.values).reduce((a, b) => Math.max(a, b)),
    errors: { twoCache: errorsOf('two-cache'), fourCache: errorsOf('four-cache') },
  };
}

async function* noInput(): AsyncGenerator<Uint8Array> {}
