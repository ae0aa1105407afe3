import { caches } from '../../operators/caches/index.js';
import type { CachePlugin, Entry } from '../../src/core/cache.js';
import { holdCache } from '../../src/core/hold-cache.js';
import { Ledger } from '../../src/core/ledger.js';
import { randomStream } from '../../src/core/random.js';
import { VERSION } from '../../src/core/version.js';
import { SharedArena } from '../../workers/arena.js';
import { chooseKernel } from '../../workers/choose-kernel.js';
import type { KernelName } from '../../workers/kernels/kernel.js';
import { openPool } from '../../workers/open-pool.js';
import { readProblem, type Problem } from './problem.js';
import { serve, type Server, type Task } from './protocol.js';

// One kernel of ours as a contender: the real caches and the real pool, without a pipeline around them.
// node ours.js KERNEL THREADS
const [wanted, threads] = [process.argv[2] as KernelName, Number(process.argv[3])];
const kernel = await chooseKernel(wanted);

/** Shared memory with a pool on it that has measured from what size on threads pay, as a run opens it. */
async function openMachine(d: number) {
  const arena = SharedArena.create('f32');
  return { arena, slot: arena.alloc(d), pool: await openPool({ arena, threads, kernel }) };
}
type Machine = Awaited<ReturnType<typeof openMachine>>;

/** A cache, and what asks it. */
function hold({ cache = 'four-cache', d }: Task, { arena, slot, pool }: Machine) {
  const plugin = caches.find(({ spec }) => spec.name === cache) as CachePlugin;
  const held = holdCache({
    ...{ label: cache, streamId: 0, layer: 0, head: 0, factory: plugin({}), arena, ledger: new Ledger() },
    ...{ shape: { d, order: 'tensor', scale: 1 }, random: randomStream(1, 'versus') },
  });
  const query = arena.view(slot);
  return {
    append: (rows: Problem, i: number) => held.cache.append(entryOf(rows, i, d)),
    async ask(rows: Problem, i: number) {
      query.set(rows.q.subarray(i * d, (i + 1) * d));
      const [answer] = await pool.attend([{ q: slot, d, scale: 1, plan: held.cache.plan(query) }]);
      return answer.output;
    },
    bytes: () => Object.values(held.bytes()).reduce((sum, bytes) => sum + bytes, 0),
  };
}

function entryOf({ k1, k2, v1, v2 }: Problem, i: number, d: number): Entry {
  const row = (rows: Float32Array) => rows.subarray(i * d, (i + 1) * d);
  return { k1: row(k1), k2: row(k2), v1: row(v1), v2: row(v2) };
}

let last: Machine | null = null;

const prepare: Server['prepare'] = async (task) => {
  await last?.pool.close();
  const [rows, { n, d, job }] = [readProblem(task.file, task.n, task.d), task];
  const machine = (last = await openMachine(d));
  if (job === 'decode') return { once: () => decode(task, machine, rows), bytes: () => null };
  const held = hold(task, machine);
  for (let i = 0; i < n; i++) held.append(rows, i);
  return { once: () => held.ask(rows, n - 1), bytes: held.bytes };
};

/** A stream from its first token to its n-th, into a new cache: append, then answer. */
async function decode(task: Task, machine: Machine, rows: Problem): Promise<ArrayLike<number>> {
  const held = hold(task, machine);
  let output: ArrayLike<number> = [];
  for (let i = 0; i < task.n; i++) {
    held.append(rows, i);
    output = await held.ask(rows, i);
  }
  return output;
}

await serve({
  version: `kronflow ${VERSION}, ${kernel.label}, Node ${process.versions.node}, ${threads} threads`,
  prepare,
});
