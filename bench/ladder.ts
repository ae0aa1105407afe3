import { atoms, attention } from '../src/core/plan.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from '../workers/arena.js';
import { kernelLadder } from '../workers/choose-kernel.js';
import { inlinePool } from '../workers/inline-pool.js';
import type { KernelChoice } from '../workers/kernels/ladder.js';
import { WASM_BUILDS, wasmBytes } from '../workers/kernels/wasm.js';
import { judged, median, noted, type Finding, type Measurement } from './measure.js';

const D = 64;
const ROUNDS = 15;
const BURSTS = { 512: 16, 1024: 6, 2048: 3 } as const; // steps in a row: the first finds the caches of another kernel
const WARMUP_MS = 300; // of each kernel: V8 optimises meanwhile, in the background

/** GF/s that a build is meant to reach on one core: shares of the peaks that performance.md 1 gives for this machine. */
const GOALS: Readonly<Record<string, number>> =
  Number.parseInt(process.versions.node) < 24 ? { 'wasm-128': 0.72 * 67.6 } : { 'wasm-paired': 0.8 * 134 };

/** Every kernel that works here, on the calling thread, taking turns. */
export const ladder: Measurement = {
  name: 'ladder',
  moves: `one query over n² pairs, d = ${D}, 4·n²·d flops, one thread; per second of processor time, which leaves out what other processes take`,
  async run() {
    const kernels = await workingKernels();
    const findings: Finding[] = [];
    for (const n of [512, 1024, 2048] as const) findings.push(...(await atLength(n, kernels)));
    return findings;
  },
};

async function workingKernels(): Promise<ReadonlyMap<string, KernelChoice>> {
  const found = new Map<string, KernelChoice>();
  for (const { name, label, refused } of await kernelLadder({ revectorize: true })) {
    if (refused === null && name !== 'wasm') found.set(label, { name });
    if (refused !== null || name !== 'wasm') continue;
    for (const build of WASM_BUILDS) {
      if (WebAssembly.validate(wasmBytes(build))) found.set(build, { name, build });
    }
  }
  return found;
}

async function atLength(
  n: keyof typeof BURSTS,
  kernels: ReadonlyMap<string, KernelChoice>,
): Promise<readonly Finding[]> {
  const { arena, request } = problem(n);
  const times = new Map<string, number[]>();
  const arms = [...kernels].map(([label, { name, build }]) => ({
    label,
    pool: inlinePool(arena, name, build),
  }));
  const time = async (pool: (typeof arms)[number]['pool']) => {
    const start = process.cpuUsage();
    for (let step = 0; step < BURSTS[n]; step++) await pool.attend([request]);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e3 / BURSTS[n];
  };
  for (const { pool } of arms) for (let ms = 0; ms < WARMUP_MS;) ms += BURSTS[n] * (await time(pool));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { label, pool } of arms) times.set(label, [...(times.get(label) ?? []), await time(pool)]);
  }
  const rate = (ms: number) => (4 * n * n * D) / ms / 1e6;
  return [...times].flatMap(([label, all]) => {
    const [middle, best] = [rate(median(all)), rate(Math.min(...all))];
    const goal = n >= 1024 ? GOALS[label] : undefined;
    const what = `n = ${n}: ${label}`;
    return [
      goal === undefined ? noted(what, middle, 'GF/s') : judged(what, middle, 'GF/s', 'least', goal),
      noted(`${what}, best round`, best, 'GF/s'),
    ];
  });
}

function problem(n: number) {
  const arena = SharedArena.create('f32');
  const random = randomStream(n, 'bench ladder');
  const rows = () => {
    const made = arena.rows(D, () => {});
    for (let i = 0; i < n; i++) made.append(Array.from({ length: D }, () => random.gaussian() / 2));
    return made;
  };
  const q = arena.alloc(D);
  arena.view(q).set(Array.from({ length: D }, () => random.gaussian()));
  const plan = { jobs: [attention(atoms(rows(), rows()), atoms(rows(), rows()))] };
  return { arena, request: { q, d: D, scale: 1, plan } };
}
