import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, of, tap } from 'rxjs';
import { recordingSource } from '../data/sources/recording.js';
import { loadRows } from '../operators/load-rows.js';
import { mergePull } from '../operators/merge-pull.js';
import { executeRun } from '../pipelines/execute.js';
import { resolveRun, type RunRequest } from '../pipelines/resolve.js';
import type { SnapshotEvery } from '../pipelines/snapshot-pace.js';
import { writeLargeRecording } from '../pipelines/testing/large-recording.js';
import { SharedArena } from '../workers/arena.js';
import { judged, median, medians, noted, type Measurement } from './measure.js';

const [STEPS, HEADS, D, ENTRIES_PER_S] = [8192, 8, 64, 400_000];
const [RUN_STEPS, SNAPSHOT_SHARE] = [1500, 5]; // some seconds: a snapshot waits for half of one at least

/** What feeding a replay costs before any cache works, and what snapshots of a run take of its time. */
export const replay: Measurement = {
  name: 'replay',
  moves: `${(STEPS * HEADS).toLocaleString('en')} entries of q, k1, v1, d = ${D}, from Arrow in ${tmpdir()} to shared memory; and runs of ${RUN_STEPS} steps of an exact cache`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
    try {
      const path = join(folder, 'rows.arrows');
      await writeLargeRecording(path, { steps: STEPS, heads: HEADS, d: D, stepsPerStream: STEPS });
      const ms = await medians({ feed: () => feed(path) }, { rounds: 5, warmup: 2 });
      const share = await snapshotShare(folder);
      return [
        judged('replay feed', (1e3 * STEPS * HEADS) / ms.feed, 'entries/s', 'least', ENTRIES_PER_S),
        judged('snapshots at the default interval', share.percent, '% of run time', 'most', SNAPSHOT_SHARE),
        noted('snapshots taken', share.taken, 'a run'),
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** Every row of the recording into the memory of the kernels, as a replay does it, and out again. */
async function feed(path: string): Promise<void> {
  const source = recordingSource({ path })({ seed: 1, stdin: nothing() });
  if (source.kind !== 'entries') throw new RangeError('a recording brings entries');
  const arena = SharedArena.create('f32');
  let steps = 0;
  const free = ({ qkv }: { qkv: Readonly<Record<string, { offset: number; length: number } | null>> }) => {
    for (const slot of Object.values(qkv)) if (slot !== null) arena.free(slot);
    steps++;
  };
  const fed = mergePull(source.open(), (step) => of(step).pipe(loadRows({ arena }, { layer: 0 })));
  await lastValueFrom(fed.pipe(tap((event) => free(event as never))));
  if (steps !== STEPS) throw new RangeError(`${steps} steps were fed`);
}

/** The time inside snapshots, as the log of the run tells it, of the time of the whole run. */
async function snapshotShare(folder: string): Promise<{ readonly percent: number; readonly taken: number }> {
  const shares: number[] = [];
  const counts: number[] = [];
  for (let round = 0; round < 3; round++) {
    let [spent, taken] = [0, 0];
    const onSnapshot = (ns: number) => {
      spent += ns;
      taken++;
    };
    const ms = await oneRun(join(folder, `run-${round}`), 'auto', onSnapshot);
    if (taken === 0) throw new RangeError('the run was too short for a snapshot: nothing was measured');
    shares.push((100 * spent) / 1e6 / ms);
    counts.push(taken);
  }
  return { percent: median(shares), taken: median(counts) };
}

async function oneRun(
  dir: string,
  snapshotEvery: SnapshotEvery,
  onSnapshot: (ns: number) => void,
): Promise<number> {
  const request: RunRequest = {
    kronflow: 1,
    source: { name: 'gaussian', options: { n: RUN_STEPS, d: D, heads: 1, order: 'tensor' } },
    model: {},
    caches: [{ name: 'four-cache', label: 'four-cache', options: {} }],
    ...{ reference: 'none', prompt: 0, tokens: null, seed: 1, memory: null },
    trace: { outputs: false, timings: true, recording: false },
  };
  const resolved = await resolveRun(request, nothing());
  const [start, how] = [performance.now(), { threads: 1, logLevel: 'silent' as const, onStep: () => {} }];
  await executeRun(resolved, {
    dir,
    ...how,
    signal: new AbortController().signal,
    snapshotEvery,
    onSnapshot,
  });
  return performance.now() - start;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
