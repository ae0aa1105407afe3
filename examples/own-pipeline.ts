// A pipeline of your own: plain RxJS, kronflow's operators, and one more that prints how far the window is off.
// In this repository:  npm run build && node dist/examples/own-pipeline.js
// With kronflow installed, import from 'kronflow', 'kronflow/operators', 'kronflow/pipelines' and so on.
import { lastValueFrom, of, tap } from 'rxjs';
import { sources } from '../data/index.js';
import * as kf from '../operators/index.js';
import { createBank } from '../pipelines/index.js';
import { findByName, Ledger, randomStream, type EntrySource, type Run } from '../src/index.js';
import { chooseKernel, createPool, SharedArena } from '../workers/index.js';

const shape = { layers: 1, heads: 1, d: 16, order: 'tensor', scale: 1 } as const;
const arena = SharedArena.create();
const pool = createPool({ arena, threads: 2, kernel: await chooseKernel('auto') });
const parts = {
  ...{ shape, arena, pool, seed: 1, ledger: new Ledger(64 * 2 ** 20) },
  clock: { now: () => performance.now() * 1e6 },
  sink: { write: () => Promise.resolve() }, // a journal would keep the rows
  random: (...labels: readonly (string | number)[]) => randomStream(1, ...labels),
};
const window = findByName('cache', kf.caches, 'window')({ size: 32 });
const run: Run = { ...parts, caches: createBank(parts, [{ label: 'window', factory: window }]) };

const gaussian = findByName('source', sources, 'gaussian')({ n: 100, d: shape.d, heads: shape.heads });
const stream = gaussian({ seed: 1, stdin: process.stdin }) as EntrySource;

const flow = kf.mergePull(stream.open(), (step) =>
  of(step).pipe(
    kf.loadRows(run, { layer: 0 }),
    kf.updateCaches(run),
    kf.attend(run),
    kf.compare(run, { reference: 'f64', always: false }),
    tap(
      ({ step: n, errors }) =>
        n % 20 === 19 && console.log(`n = ${n + 1}: error ${errors![0].relL2.toFixed(3)}`),
    ),
    kf.accountMemory(run),
    kf.record(run, { outputs: false, timings: true }),
    kf.journal(run),
  ),
);
await lastValueFrom(flow);
await pool.close();
