import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, of } from 'rxjs';
import { openJournal } from '../data/sinks/journal.js';
import { accountMemory } from '../operators/account-memory.js';
import { attend } from '../operators/attend.js';
import { fourCache } from '../operators/caches/four-cache.js';
import { subgen4 } from '../operators/caches/subgen4.js';
import { window } from '../operators/caches/window.js';
import { compare } from '../operators/compare.js';
import { embed } from '../operators/embed.js';
import { journal as writeRows } from '../operators/journal.js';
import { layerNorm } from '../operators/layer-norm.js';
import { loadRows } from '../operators/load-rows.js';
import { mergePull } from '../operators/merge-pull.js';
import { record } from '../operators/record.js';
import { updateCaches } from '../operators/update-caches.js';
import { createBank, type LabelledCache } from '../pipelines/cache-bank.js';
import type { RecordedStep } from '../src/core/event.js';
import { Ledger } from '../src/core/ledger.js';
import type { Answer, AttentionPool } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import type { Run } from '../src/core/run.js';
import type { TraceSink } from '../src/core/trace.js';
import { SharedArena } from '../workers/arena.js';
import { judged, medians, noted, type Measurement } from './measure.js';

const [D, TOKENS, GLUE_US] = [64, 2000, 60];
const shape = { layers: 1, heads: 1, d: D, order: 'tensor', scale: 1 } as const;

// No two-cache: its append builds 2n-1 rows of products, which is work of the cache and not glue.
const four: readonly LabelledCache[] = [
  { label: 'four-cache', factory: fourCache() },
  { label: 'subgen4', factory: subgen4() },
  { label: 'window', factory: window() },
  { label: 'window-32', factory: window({ size: 32 }) },
];

const answer: Answer = {
  ...{ output: new Float64Array(D).fill(0.5), lse: 1, weightNorm: 1, maxScore: 1, scoreMean: 0, scoreStd: 1 },
  ...{ pairs: 1, rest: 0, flops: 1, attend_ns: 1, queue_ns: 1 },
};
const instant: AttentionPool = {
  ...{ threads: 0, kernel: 'none', onEvent: () => {}, close: () => Promise.resolve() },
  attend: (requests) => Promise.resolve(requests.map(() => answer)),
};

/** Everything of a token but attention and projection: the pool answers at once, rows come from an array. */
export const glue: Measurement = {
  name: 'glue',
  moves: `${TOKENS} tokens from embed to the sink, d = ${D}, one head, exact reference kept; attention and projection are stubs`,
  async run() {
    const steps = recordedSteps();
    const nowhere = () => decode(steps, four, { write: () => Promise.resolve() });
    const ms = await medians(
      {
        nowhere,
        journal: () => inJournal((sink) => decode(steps, four, sink)),
        alone: () => inJournal((sink) => decode(steps, four.slice(0, 1), sink)),
      },
      { rounds: 7, warmup: 2 },
    );
    const each = (total: number, caches: number) => (1e3 * total) / TOKENS / caches;
    return [
      judged('4 caches, journal: per token and cache', each(ms.journal, 4), 'µs', 'most', GLUE_US),
      judged('1 cache, journal: per token and cache', each(ms.alone, 1), 'µs', 'most', GLUE_US),
      noted('4 caches, no sink: per token and cache', each(ms.nowhere, 4), 'µs'),
      noted('journal / no sink', ms.journal / ms.nowhere, '×'),
    ];
  },
};

function recordedSteps(): readonly RecordedStep[] {
  const normal = randomStream(1, 'glue');
  const row = () => Float32Array.from({ length: D }, () => normal.gaussian());
  return Array.from({ length: TOKENS }, (_, step) => ({
    ...{ streamId: 0, step, pos: step, tokenId: step % 500, prefill: false },
    layers: [{ q: row(), k1: row(), k2: row(), v1: row(), v2: row() }],
  }));
}

async function decode(
  steps: readonly RecordedStep[],
  caches: readonly LabelledCache[],
  sink: TraceSink,
): Promise<void> {
  const random: Run['random'] = (...labels) => randomStream(1, ...labels);
  const parts = {
    ...{
      shape,
      seed: 1,
      arena: SharedArena.create('f32'),
      ledger: new Ledger(),
      pool: instant,
      sink,
      random,
    },
    clock: { now: () => Number(process.hrtime.bigint()) },
  };
  const run: Run = { ...parts, caches: createBank(parts, caches) };
  const flow = mergePull(steps, (step) =>
    of(step).pipe(
      embed(run, { rotary: false }),
      layerNorm(),
      loadRows(run, { layer: 0 }),
      updateCaches(run),
      attend(run),
      compare(run, { reference: 'f64', always: false }),
      accountMemory(run),
      record(run, { outputs: false, timings: true }),
      writeRows(run),
    ),
  );
  await lastValueFrom(flow);
}

async function inJournal(work: (sink: TraceSink) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
  const clock = { now: () => Number(process.hrtime.bigint()) };
  const journal = await openJournal(dir, { d: D, order: 'tensor', clock });
  try {
    await work(journal);
  } finally {
    await journal.close();
    await rm(dir, { recursive: true });
  }
}
