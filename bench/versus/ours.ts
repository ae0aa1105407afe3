import { caches } from '../../operators/caches/index.js';
import type { CachePlugin, Entry } from '../../src/core/cache.js';
import { holdCache } from '../../src/core/hold-cache.js';
import { Ledger } from '../../src/core/ledger.js';
import type { AttentionPool } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { VERSION } from '../../src/core/version.js';
import { SharedArena } from '../../workers/arena.js';
import { chooseKernel } from '../../workers/choose-kernel.js';
import { TILINGS, type KernelName } from '../../workers/kernels/kernel.js';
import { createPool } from '../../workers/pool.js';
import { readProblem, type Problem } from './problem.js';
import { serve, type Server, type Task } from './protocol.js';

// One kernel of ours as a contender: the real caches and the real pool, without a pipeline around them.
// node ours.js KERNEL THREADS
const [wanted, threads] = [process.argv[2] as KernelName, Number(process.argv[3])];
const kernel = await chooseKernel(wanted);

/** A cache in a memory of its own, and what asks it. */
function hold({ cache = 'four-cache', d }: Task, pool: (arena: SharedArena) => AttentionPool) {
  const arena = SharedArena.create('f32');
  const [ledger, slot] = [new Ledger(), arena.alloc(d)];
  const plugin = caches.find(({ spec }) => spec.name === cache) as CachePlugin;
  const held = holdCache({
    ...{ label: cache, streamId: 0, layer: 0, head: 0, factory: plugin({}), arena, ledger },
    ...{ shape: { d, order: 'tensor', scale: 1 }, random: randomStream(1, 'versus') },
  });
  const asking = pool(arena);
  return {
    append: (rows: Problem, i: number) => held.cache.append(entryOf(rows, i, d)),
    async ask(rows: Problem, i: number) {
      arena.view(slot).set(rows.q.subarray(i * d, (i + 1) * d));
      const [answer] = await asking.attend([
        { q: slot, d, scale: 1, plan: held.cache.plan(arena.view(slot)) },
      ]);
      return answer.output;
    },
    bytes: () => Object.values(held.bytes()).reduce((sum, bytes) => sum + bytes, 0),
    close: () => asking.close(),
  };
}

function entryOf({ k1, k2, v1, v2 }: Problem, i: number, d: number): Entry {
  const row = (rows: Float32Array) => rows.subarray(i * d, (i + 1) * d);
  return { k1: row(k1), k2: row(k2), v1: row(v1), v2: row(v2) };
}

const makePool = (arena: SharedArena) =>
  createPool({ arena, threads, kernel, small: TILINGS[kernel.name].work });

let last: ReturnType<typeof hold> | null = null;

const prepare: Server['prepare'] = async (task) => {
  await last?.close();
  const [rows, { n, job }] = [readProblem(task.file, task.n, task.d), task];
  if (job === 'decode') return { once: () => decode(task, rows), bytes: () => null };
  const held = (last = hold(task, makePool));
  for (let i = 0; i < n; i++) held.append(rows, i);
  return { once: () => held.ask(rows, n - 1), bytes: held.bytes };
};

/** A stream from its first token to its n-th: append, then answer. */
async function decode(task: Task, rows: Problem): Promise<ArrayLike<number>> {
  const held = hold(task, makePool);
  let output: ArrayLike<number> = [];
  for (let i = 0; i < task.n; i++) {
    held.append(rows, i);
    output = await held.ask(rows, i);
  }
  await held.close();
  return output;
}

await serve({
  version: `kronflow ${VERSION}, ${kernel.label}, Node ${process.versions.node}, ${threads} threads`,
  prepare,
});
