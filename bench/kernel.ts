import type { Rows } from '../src/core/memory.js';
import { atoms, attention, matrix, type Plan } from '../src/core/plan.js';
import type { AttendRequest } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena, wholeView } from '../workers/arena.js';
import { inlinePool } from '../workers/inline-pool.js';
import { createPool } from '../workers/pool.js';
import { judged, medians, noted, type Finding, type Measurement } from './measure.js';
import { naiveGrid } from './naive-grid.js';

const D = 64;
const FUSED_MS = 15.3; // math.md 1.4: n = 512, d = 64, register-tiled JavaScript on this class of machine
const NAIVE_RATIO = 38.2 / 15.3; // the same two measurements as a ratio: holds on a slower or busier machine too
const ROUNDS = { 256: 31, 512: 15, 1024: 5 } as const;

/** Every way to answer one query over n entries; they must agree, so that none is measured doing less. */
export const kernel: Measurement = {
  name: 'kernel',
  moves: `one query over n² pairs, d = ${D}, 4·n²·d flops; two-cache reads 2·n²·d float32, materialising writes them first`,
  async run() {
    const findings: Finding[] = [];
    for (const n of [256, 512, 1024] as const) findings.push(...(await atLength(n)));
    return findings;
  },
};

async function atLength(n: keyof typeof ROUNDS): Promise<readonly Finding[]> {
  const arena = SharedArena.create('f32');
  const normal = randomStream(n, 'bench');
  const rows = () => {
    const made = arena.rows(D, () => {});
    made.resize(n);
    for (let i = 0; i < n; i++)
      made.write(
        i,
        Float64Array.from({ length: D }, () => normal.gaussian() / 2),
      );
    return made;
  };
  const [k1, v1, k2, v2] = [rows(), rows(), rows(), rows()];
  const q = arena.alloc(D);
  arena.view(q).set(Float64Array.from({ length: D }, () => normal.gaussian()));
  const [keys, values] = [arena.rows(D, () => {}), arena.rows(D, () => {})];
  for (const products of [keys, values]) products.resize(n * n);
  const request = (plan: Plan): AttendRequest => ({ q, d: D, scale: 1, plan });
  const prepare = [
    { kind: 'product' as const, a: matrix(k1), b: matrix(k2), into: matrix(keys) },
    { kind: 'product' as const, a: matrix(v1), b: matrix(v2), into: matrix(values) },
  ];
  const fused = request({ jobs: [attention(atoms(k1, v1), atoms(k2, v2))] });
  const twoCache = request({ jobs: [attention(atoms(keys, values), null)] });
  const materialising = request({ prepare, jobs: twoCache.plan.jobs });

  const inline = inlinePool(arena);
  const [one, two] = [1, 2].map((threads) => createPool({ arena, threads }));
  const naive = naiveArm(arena, q.offset, [k1, v1, k2, v2], n);
  sameAnswers([naive(), ...(await outputs(inline, [materialising, fused, twoCache]))]);
  const fusedInline = () => inline.attend([fused]);
  const limits = { rounds: ROUNDS[n], warmup: n === 1024 ? 3 : 15 };
  const compute = await medians(
    { fused: fusedInline, thread: () => one.attend([fused]), threads: () => two.attend([fused]), naive },
    limits,
  );
  await Promise.all([one.close(), two.close()]);
  // apart, because these stream through the processor's caches and leave them cold
  const memory = await medians(
    {
      fused: fusedInline,
      twoCache: () => inline.attend([twoCache]),
      materialising: () => inline.attend([materialising]),
    },
    { ...limits, warmup: 3 },
  );
  return describe(n, compute, memory);
}

type Times = Readonly<Record<string, number>>;

function describe(n: number, compute: Times, memory: Times): readonly Finding[] {
  const at = (what: string) => `n = ${n}: ${what}`;
  const time = (what: string, value: number) =>
    n === 512 ? judged(at(what), value, 'ms', 'most', FUSED_MS) : noted(at(what), value, 'ms');
  return [
    time('fused, calling thread', compute.fused),
    time('fused, one worker thread', compute.thread),
    noted(at('fused, calling thread'), (4 * n * n * D) / compute.fused / 1e6, 'GF/s'),
    noted(at('two worker threads / one'), compute.thread / compute.threads, '× faster'),
    n === 512
      ? judged(at('naive / fused'), compute.naive / compute.fused, '×', 'least', NAIVE_RATIO)
      : noted(at('naive / fused'), compute.naive / compute.fused, '×'),
    noted(at('two-cache / fused'), memory.twoCache / memory.fused, '×'),
    noted(at('materialising / fused'), memory.materialising / memory.fused, '×'),
    noted(at('materialising / two-cache'), memory.materialising / memory.twoCache, '×'),
  ];
}

/** Rows of the first n in one block: the arena doubles blocks, so a resize from empty gives several. */
function naiveArm(arena: SharedArena, q: number, parts: readonly Rows[], n: number): () => Float64Array {
  const slots = parts.map((rows) => {
    const slot = arena.alloc(n * D);
    arena.view(slot).set(rows.snapshot());
    return slot.offset / 4;
  });
  const memory = wholeView(arena.memory, 'f32') as Float32Array;
  const [k1, v1, k2, v2] = slots;
  const query = Float64Array.from(memory.subarray(q / 4, q / 4 + D));
  return () => naiveGrid(memory, query, { keys: k1, values: v1 }, { keys: k2, values: v2 }, n);
}

async function outputs(
  pool: ReturnType<typeof inlinePool>,
  requests: readonly AttendRequest[],
): Promise<readonly Float64Array[]> {
  const found: Float64Array[] = [];
  for (const request of requests) found.push((await pool.attend([request]))[0].output);
  return found;
}

function sameAnswers([first, ...others]: readonly Float64Array[]): void {
  const size = Math.max(...first.map(Math.abs));
  for (const other of others) {
    const worst = Math.max(...first.map((x, j) => Math.abs(x - other[j])));
    if (!(worst <= 1e-5 * size)) throw new RangeError(`kernels differ by ${worst} of ${size}`);
  }
}
