import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { executeRun } from '../pipelines/execute.js';
import { resolveRun } from '../pipelines/resolve.js';

/** What memory.ts reads from the standard output of this process. */
export interface MemoryReport {
  readonly peakRssBytes: number;
  readonly ledgerBytes: number;
}

// A process of its own, because resident memory is counted by process: a whole run, trace and threads included.
const text = fileURLToPath(new URL('../../docs/guide-to-kv-caches.md', import.meta.url));
const resolved = await resolveRun(
  {
    ...{ kronflow: 1, reference: 'f64', prompt: 0, tokens: 400, seed: 1, memory: null },
    source: { name: 'text', options: { path: text } },
    model: { d: 64, heads: 1 },
    caches: ['four-cache', 'two-cache', 'subgen4', 'window'].map((name) => ({
      name,
      label: name,
      options: {},
    })),
    trace: { outputs: false, timings: true, recording: false },
  },
  process.stdin,
);
const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
const { signal } = new AbortController();
const execution = {
  dir: join(folder, 'trace'),
  threads: 2,
  signal,
  logLevel: 'warn',
  onStep: () => {},
} as const;
const { run } = await executeRun(resolved, execution);
await rm(folder, { recursive: true });
const { ledger_bytes } = run.execution as { ledger_bytes: { peak: number } };
const report: MemoryReport = {
  peakRssBytes: 1024 * process.resourceUsage().maxRSS, // counted in KiB
  ledgerBytes: ledger_bytes.peak,
};
console.log(JSON.stringify(report));
