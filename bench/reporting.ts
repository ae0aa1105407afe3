import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeTrace } from '../src/report/testing/traces.js';
import { judged, type Measurement } from './measure.js';
import type { ReportingReport } from './reporting-child.js';

const ROWS_PER_STEP = 16; // 4 caches, 2 layers × 2 heads
const STEPS = 62_500;

/** Time and memory of `kronflow report` of a long trace, which must not be held in memory to be drawn. */
export const reporting: Measurement = {
  name: 'reporting',
  moves: `a report of a trace of ${(STEPS * ROWS_PER_STEP).toLocaleString('en')} rows, 4 caches, 2 layers × 2 heads`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
    try {
      const dir = await makeTrace(folder, 'trace', { steps: STEPS, measured: false });
      const child = fileURLToPath(new URL('reporting-child.js', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [
        child,
        dir,
        join(folder, 'report.html'),
      ]);
      const { ms, peakRssBytes } = JSON.parse(stdout) as ReportingReport;
      return [
        judged('time of the report', ms / 1000, 's', 'most', 10),
        judged('peak resident memory', peakRssBytes / 1e6, 'MB', 'most', 500),
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
