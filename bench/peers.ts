import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { atoms, attention } from '../src/core/plan.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from '../workers/arena.js';
import { chooseKernel } from '../workers/choose-kernel.js';
import { TILINGS } from '../workers/kernels/kernel.js';
import { createPool } from '../workers/pool.js';
import { judged, median, noted, type Finding, type Measurement } from './measure.js';

const THREADS = 2;
const REST_MS = 250; // threads of a BLAS spin on after a product and take our processors: 40 ms were not enough
const SCRIPT = new URL('../../bench/peers.py', import.meta.url).pathname;

/** Sizes, steps in a row, and how much faster than numpy we mean to be there. */
const ROUNDS = 7;
const SIZES = [
  { n: 64, d: 64, burst: 100, ratio: 1 / 0.3 },
  { n: 128, d: 64, burst: 100, ratio: 1 / 0.3 },
  { n: 512, d: 64, burst: 40, ratio: null },
  { n: 1024, d: 64, burst: 20, ratio: null },
  { n: 2048, d: 64, burst: 8, ratio: 4 },
  { n: 2048, d: 16, burst: 8, ratio: 6 },
  { n: 4096, d: 64, burst: 4, ratio: 4.5 },
] as const;

/** One exact step against numpy and torch, if KRONFLOW_PYTHON names a Python that has them. */
export const peers: Measurement = {
  name: 'peers',
  moves: `one exact step, 4·n²·d flops, ${THREADS} threads each, taking turns in bursts; ratios are peer time over ours`,
  async run() {
    const python = process.env.KRONFLOW_PYTHON;
    if (python === undefined) return [noted('KRONFLOW_PYTHON is not set: nothing to compare with', 0, '–')];
    const peer = await startPeer(python);
    try {
      const findings: Finding[] = [];
      for (const size of SIZES) findings.push(...(await compareAt(peer, size)));
      return findings;
    } finally {
      peer.stop();
    }
  },
};

interface Peer {
  readonly names: readonly string[];
  /** Milliseconds of one of `burst` steps in a row. */
  step(name: string, n: number, d: number, burst: number): Promise<number>;
  stop(): void;
}

async function startPeer(python: string): Promise<Peer> {
  const threads = String(THREADS);
  const env = {
    ...process.env,
    OPENBLAS_NUM_THREADS: threads,
    OMP_NUM_THREADS: threads,
    MKL_NUM_THREADS: threads,
  };
  const child = spawn(python, [SCRIPT], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended: has it numpy?`);
    return value;
  };
  const versions = await read();
  console.log(`  against ${versions}`);
  return {
    names: versions.split(' ').map((version) => version.split('=')[0]),
    async step(name, n, d, burst) {
      child.stdin.write(`${name} ${n} ${d} ${burst}\n`);
      return Number(await read());
    },
    stop: () => child.stdin.end(),
  };
}

async function compareAt(peer: Peer, { n, d, burst, ratio }: (typeof SIZES)[number]): Promise<Finding[]> {
  const kernel = await chooseKernel('auto');
  const arena = SharedArena.create();
  const pool = createPool({ arena, threads: THREADS, kernel, small: TILINGS[kernel.name].work });
  try {
    const request = problem(arena, n, d);
    const times: Record<string, number[]> = Object.fromEntries(
      ['ours', ...peer.names].map((name) => [name, []]),
    );
    for (let round = 0; round < ROUNDS; round++) {
      await setTimeout(REST_MS);
      times.ours.push(await burstOf(() => pool.attend([request]), burst));
      for (const name of peer.names) times[name].push(await peer.step(name, n, d, burst));
    }
    const ours = median(times.ours);
    const label = `n=${n} d=${d}`;
    return [
      noted(`${label} ${kernel.label}`, (4 * n * n * d) / ours / 1e6, 'GF/s'),
      ...peer.names.map((name) => {
        const times_ = median(times[name]) / ours;
        const title = `${label} ${name} / ours`;
        return ratio !== null && name === 'numpy'
          ? judged(title, times_, '×', 'least', ratio)
          : noted(title, times_, '×');
      }),
    ];
  } finally {
    await pool.close();
  }
}

/** Median milliseconds of `burst` steps in a row, after two that warm up. */
async function burstOf(step: () => Promise<unknown>, burst: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < burst + 2; i++) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  return median(times.slice(2));
}

function problem(arena: SharedArena, n: number, d: number) {
  const normal = randomStream(n, 'peers', d);
  const rows = () => {
    const made = arena.rows(d, () => {});
    for (let i = 0; i < n; i++) made.append(Float32Array.from({ length: d }, () => normal.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Float32Array.from({ length: d }, () => normal.gaussian() / Math.sqrt(d)));
  const job = attention(atoms(rows(), rows()), atoms(rows(), rows()));
  return { q, d, scale: 1, plan: { jobs: [job] } };
}
