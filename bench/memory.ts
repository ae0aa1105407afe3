import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { judged, noted, type Measurement } from './measure.js';
import type { MemoryReport } from './memory-child.js';

const OVERHEAD_BYTES = 200e6;
const MB = 1e6;

/** Resident memory of a whole process that decodes, beside what its ledger says the caches take. */
export const memory: Measurement = {
  name: 'memory',
  moves:
    'a process that decodes 400 tokens of text, d = 64, one head, four caches and the reference, 2 threads',
  async run() {
    const child = fileURLToPath(new URL('memory-child.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [child]);
    const { peakRssBytes, ledgerBytes } = JSON.parse(stdout) as MemoryReport;
    return [
      judged(
        'peak resident memory − ledger',
        (peakRssBytes - ledgerBytes) / MB,
        'MB',
        'most',
        OVERHEAD_BYTES / MB,
      ),
      noted('peak resident memory', peakRssBytes / MB, 'MB'),
      noted('ledger at its peak', ledgerBytes / MB, 'MB'),
    ];
  },
};
