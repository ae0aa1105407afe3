import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { atoms, attention } from '../src/core/plan.js';
import type { AttentionPool } from '../src/core/pool.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from '../workers/arena.js';
import { chooseKernel } from '../workers/choose-kernel.js';
import { openPool } from '../workers/open-pool.js';
import { noted, type Measurement } from './measure.js';

const [N, D, THREADS, MS] = [512, 64, 2, 1500];

/** What is left of our speed when another process wants one of our processors: half of it is fair, a collapse is not. */
export const sharing: Measurement = {
  name: 'sharing',
  moves: `steps of n = ${N}, d = ${D} on ${THREADS} threads in ${MS} ms, alone and beside a process that never sleeps`,
  async run() {
    const arena = SharedArena.create('f32');
    const pool = await openPool({ arena, threads: THREADS, kernel: await chooseKernel('auto') });
    const busy = () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
    try {
      const step = stepOf(arena, pool);
      await stepsIn(step);
      const alone = await stepsIn(step);
      const other = busy();
      await setTimeout(200);
      const beside = await stepsIn(step).finally(() => other.kill('SIGKILL'));
      return [
        noted('steps alone', (alone / MS) * 1e3, '/s'),
        noted('steps beside a busy process / alone', beside / alone, '×'),
      ];
    } finally {
      await pool.close();
    }
  },
};

function stepOf(arena: SharedArena, pool: AttentionPool): () => Promise<unknown> {
  const normal = randomStream(N, 'sharing');
  const rows = () => {
    const made = arena.rows(D, () => {});
    for (let i = 0; i < N; i++) made.append(Float32Array.from({ length: D }, () => normal.gaussian()));
    return made;
  };
  const q = arena.alloc(D);
  arena.view(q).fill(0.1);
  const plan = { jobs: [attention(atoms(rows(), rows()), atoms(rows(), rows()))] };
  return () => pool.attend([{ q, d: D, scale: 1, plan }]);
}

async function stepsIn(step: () => Promise<unknown>): Promise<number> {
  const end = performance.now() + MS;
  let steps = 0;
  for (; performance.now() < end; steps++) await step();
  return steps;
}
