import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { caches } from '../../operators/caches/index.js';
import { findByName } from '../../src/core/plugin.js';
import { startKronflow } from '../../src/cli/testing/kronflow.js';
import { readRun } from './traces.js';

/** Head size of the run: one head, tensor order. */
const D = 32;
const EARLY = 1000; // by then windows, sums and samples are full
/** Caches whose memory must not grow, together in one run; degree 2 has 561 monomials in 32 coordinates. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  polynomial: { degree: 2 },
  'subgen-atoms': { size: 128 },
  window: { size: 128 },
  sinks: { size: 128 },
};

/** What a run through all bounded caches, without an exact reference, took and left. */
export interface BoundedRun {
  readonly seconds: number;
  /** Largest resident memory of the process. */
  readonly peakRssBytes: number;
  /** Largest number of bytes in the ledger. */
  readonly peakBytes: number;
  readonly rows: number;
  readonly held: readonly Held[];
}

/** Resident and metadata bytes of one cache over the steps of a run. */
export interface Held {
  readonly cache: string;
  /** At step 999. */
  readonly early: number;
  /** Least and most from there on. */
  readonly least: number;
  readonly most: number;
  /** What the cache can hold by its formula. */
  readonly budget: number;
}

/** Decode `n` synthetic tokens with the built command line; clustered keys, so that clusters are worth keeping. */
export async function boundedRun(cwd: string, n: number, limitMs: number): Promise<BoundedRun> {
  const rss = join(cwd, `rss-${n}`);
  const flags = Object.entries(OPTIONS).flatMap(([name, options]) => {
    return ['-c', `${name}:${Object.entries(options).map(([key, value]) => `${key}=${value}`)}`];
  });
  const source = `clustered:n=${n},d=${D},heads=1`;
  const args = ['run', '--source', source, '--reference', 'none', ...flags, '-o', `bounded-${n}`];
  const start = performance.now();
  const { code, stderr } = await startKronflow(args, { cwd, env: leavingPeak(rss), limitMs }).finished;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  const seconds = (performance.now() - start) / 1000;
  const dir = join(cwd, `bounded-${n}`);
  const { counters, execution } = await readRun(dir);
  return {
    ...{ seconds, rows: counters.rows.steps, held: await heldOver(dir) },
    peakBytes: (execution.ledger_bytes as { peak: number }).peak,
    peakRssBytes: 1024 * Number(readFileSync(rss, 'utf8')), // counted in KiB
  };
}

/** Have the process write its largest resident memory to a file when it ends; its threads do not. */
function leavingPeak(file: string): Readonly<Record<string, string>> {
  const script = `import { isMainThread } from 'node:worker_threads';
    import { writeFileSync } from 'node:fs';
    const leave = () => writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS));
    if (isMainThread) process.on('exit', leave);`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}` };
}

async function heldOver(dir: string): Promise<readonly Held[]> {
  const rows = await queryDuckDB(
    `select cache, first(held order by step) as early, min(held) as least, max(held) as most from
      (select cache, step, resident_bytes + metadata_bytes as held from '${dir}/steps.parquet')
      where step >= ${EARLY - 1} group by cache order by cache`,
  );
  return rows.map(({ cache, early, least, most }) => ({
    ...{ cache: String(cache), early: Number(early), least: Number(least), most: Number(most) },
    budget: budgetOf(String(cache)),
  }));
}

function budgetOf(name: string): number {
  const factory = findByName('cache', caches, name)(OPTIONS[name]);
  const shape = { n: EARLY, d: D, order: 'tensor', bytesPerNumber: 4, census: null } as const;
  const { residentBytes, metadataBytes } = factory.formula(shape);
  return residentBytes + metadataBytes;
}
