import type { RunFile } from '../../../data/schemas/run-file.js';
import { readSealedRun } from '../../../data/sinks/read-steps.js';
import { readTable, type TableBatch } from '../../../data/sinks/read-table.js';

/** What one cache did at each step, by step; null where nothing was measured. Means over streams. */
export interface CacheSeries {
  readonly cache: string;
  /** Resident and metadata bytes of all layers and heads. */
  readonly held: readonly (number | null)[];
  /** Mean of err_rel_l2 over layers and heads. */
  readonly error: readonly (number | null)[];
  /** Update, planning and attention through all layers and heads, milliseconds of thread time. */
  readonly ms: readonly (number | null)[];
}

const COLUMNS = ['stream_id', 'cache', 'step', 'resident_bytes', 'metadata_bytes', 'update_ns', 'plan_ns', 'attend_ns', 'err_rel_l2'] as const; // prettier-ignore

/**
 * Read a sealed trace into a line per cache and measure: of a long trace, a few numbers per step and cache are in memory.
 * @throws Failure `bad-trace`
 */
export async function traceSeries(
  dir: string,
): Promise<{ readonly run: RunFile; readonly caches: readonly CacheSeries[] }> {
  const run = await readSealedRun(dir);
  const tallies = new Map<string, Tally>();
  for await (const batch of readTable(dir, run, 'steps', COLUMNS)) {
    for (let i = 0; i < batch.rows; i++) addRow(tallies, batch, i);
  }
  const caches = [...tallies].map(([cache, { streams, held, error, ms }]) => ({
    cache,
    held: held.sums.map((sum, step) => (sum === undefined ? null : sum / streams[step])),
    error: error.sums.map((sum, step) => (error.counts[step] ? sum / error.counts[step] : null)),
    ms: ms.sums.map((sum, step) => (ms.counts[step] ? sum / streams[step] : null)),
  }));
  return { run, caches };
}

/** Sums by step, and how many values they are of. */
class Sums {
  readonly sums: number[] = [];
  readonly counts: number[] = [];

  add(step: number, value: number | null): void {
    this.sums[step] = (this.sums[step] ?? 0) + (value ?? 0);
    this.counts[step] = (this.counts[step] ?? 0) + (value === null ? 0 : 1);
  }
}

interface Tally {
  /** How many streams have each step, and the token that was counted last: its rows stand together. */
  readonly streams: number[];
  token: string;
  readonly held: Sums;
  readonly error: Sums;
  readonly ms: Sums;
}

function addRow(tallies: Map<string, Tally>, { columns }: TableBatch, i: number): void {
  const of = (name: (typeof COLUMNS)[number]) =>
    columns[name].valid?.[i] === 0 ? null : (columns[name].values[i] as number);
  const cache = columns.cache.values[i] as string;
  const tally = tallies.get(cache) ?? {
    streams: [],
    token: '',
    held: new Sums(),
    error: new Sums(),
    ms: new Sums(),
  };
  tallies.set(cache, tally);
  const step = of('step')!;
  const token = `${of('stream_id')}/${step}`;
  if (token !== tally.token) tally.streams[step] = (tally.streams[step] ?? 0) + 1;
  tally.token = token;
  tally.held.add(step, of('resident_bytes')! + of('metadata_bytes')!);
  tally.error.add(step, of('err_rel_l2'));
  const [update, attend] = [of('update_ns'), of('attend_ns')];
  tally.ms.add(
    step,
    update === null || attend === null ? null : (update + (of('plan_ns') ?? 0) + attend) / 1e6,
  );
}
