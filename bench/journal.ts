import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../data/sinks/journal.js';
import { sealTrace } from '../data/sinks/seal.js';
import { createTrace } from '../data/sinks/trace-folder.js';
import { runStart, stepRow } from '../data/testing/rows.js';
import { judged, median, noted, type Measurement } from './measure.js';

const [ROWS, ROWS_PER_STEP, ROWS_PER_S] = [100_000, 4, 100_000];

/** Rows of steps.parquet into the journal, awaited step by step, then the journal into Parquet. */
export const journal: Measurement = {
  name: 'journal',
  moves: `${ROWS.toLocaleString('en')} step rows, ${ROWS_PER_STEP} a write, into ${tmpdir()}; then sealed with sha256 and fsync`,
  async run() {
    const batches = Array.from({ length: ROWS / ROWS_PER_STEP }, (_, step) => ({
      steps: Array.from({ length: ROWS_PER_STEP }, (_, k) => stepRow(ROWS_PER_STEP * step + k)),
    }));
    const times: { readonly write: number; readonly seal: number }[] = [];
    for (let round = 0; round < 4; round++) times.push(await writeAndSeal(batches));
    const counted = times.slice(1); // the first round warms up
    const rate = (ms: readonly number[]) => (1e3 * ROWS) / median(ms);
    const [writing, sealing] = [rate(counted.map((t) => t.write)), rate(counted.map((t) => t.seal))];
    return [
      judged('journal', writing, 'rows/s', 'least', ROWS_PER_S),
      judged('sealing', sealing, 'rows/s', 'least', ROWS_PER_S),
      noted('sealing / journal', sealing / writing, '×'),
    ];
  },
};

async function writeAndSeal(batches: readonly { readonly steps: ReturnType<typeof stepRow>[] }[]) {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
  const dir = join(folder, 'trace');
  try {
    await createTrace(dir, runStart);
    const clock = { now: () => Number(process.hrtime.bigint()) };
    const sink = await openJournal(dir, { d: runStart.d, order: runStart.order, clock });
    const start = performance.now();
    for (const batch of batches) await sink.write(batch);
    await sink.close();
    const written = performance.now();
    const { run } = await sealTrace(dir, { status: 'complete' });
    const sealed = performance.now();
    if (run.counters.rows.steps !== ROWS) throw new RangeError(`${run.counters.rows.steps} rows were sealed`);
    return { write: written - start, seal: sealed - written };
  } finally {
    await rm(folder, { recursive: true });
  }
}
