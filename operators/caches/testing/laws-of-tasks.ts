import type { CacheFactory } from '../../../src/core/cache.js';
import { holdCache } from '../../../src/core/hold-cache.js';
import { Ledger } from '../../../src/core/ledger.js';
import type { Slot } from '../../../src/core/memory.js';
import type { TaskJob } from '../../../src/core/plan.js';
import type { Answer, AttendRequest } from '../../../src/core/pool.js';
import { randomStream } from '../../../src/core/random.js';
import { createPool, inlinePool, SharedArena } from '../../../workers/index.js';
import { partialLength, clearPartial } from '../../../workers/kernels/partial.js';
import { taskTile } from '../../../workers/kernels/task.js';
import { mergePartials } from '../../../workers/merge.js';
import { Tasks } from '../../../workers/tasks.js';
import { wholeView } from '../../../workers/arena.js';
import { eachStream } from './each-stream.js';
import {
  eachFactory,
  factoriesOf,
  must,
  mustEqual,
  mustEqualAnswers,
  mustEqualArrays,
  relativeError,
  runsOf,
  type CacheUnderTest,
  type Law,
} from './law.js';
import type { Stream } from './streams.js';

const SOME_ROWS = 7; // in a piece: not what any kernel takes
const INSTANCES = 6; // of one cache: enough requests in a step that every thread gets some

/** Laws about kernels that a cache brings itself. One without tasks keeps them: there is nothing to break. */
export function lawsOfTasks(under: CacheUnderTest): readonly Law[] {
  return [
    {
      name: 'tasks may be cut anywhere, come in any order, and write nowhere',
      hint: 'a task answers for rows [from, to) alone; what it leaves depends on its argument, not on earlier calls, time or chance, and inputs are only read',
      check: () => eachAsked(under, inPieces, 3),
    },
    {
      name: 'L6 tasks leave the same bits with 1, 2 and 5 threads',
      hint: 'every thread imports the module anew: keep nothing between calls, and read nothing that differs between threads',
      check: () => eachAsked(under, onThreads, 1),
    },
  ];
}

/** One cache, filled; what it is asked after its last token. */
interface Asked {
  readonly arena: SharedArena;
  readonly request: AttendRequest;
  readonly tasks: readonly TaskJob[];
  readonly factory: CacheFactory;
  readonly stream: Stream;
}

async function eachAsked(
  under: CacheUnderTest,
  use: (asked: Asked) => Promise<void>,
  runs: number,
): Promise<void> {
  await eachFactory(factoriesOf(under), (factory) =>
    eachStream(
      factory.spec,
      async (stream) => {
        const arena = SharedArena.create('f32');
        const request = await fill(arena, factory, stream);
        const tasks = request.plan.jobs.filter((job) => job.kind === 'task');
        if (tasks.length > 0) await use({ arena, request, tasks, factory, stream });
      },
      { runs: runsOf(under, runs) },
    ),
  );
}

/** An instance that took all tokens of a stream, and its plan for the last query. */
async function fill(
  arena: SharedArena,
  factory: CacheFactory,
  { d, order, scale, tokens }: Stream,
): Promise<AttendRequest> {
  const { cache } = holdCache({
    ...{ label: 'trial', streamId: 0, layer: 0, head: 0, factory, shape: { d, order, scale } },
    ...{ arena, ledger: new Ledger(), random: randomStream(1, 'trial') },
  });
  const q: Slot = arena.alloc(d);
  const ask = (): AttendRequest => ({ q, d, scale, plan: cache.plan(arena.view(q)) });
  for (const token of tokens) {
    cache.append(token);
    arena.view(q).set(token.q);
    if (cache.observe) cache.observe((await inlinePool(arena).attend([ask()]))[0]);
  }
  return ask();
}

async function inPieces({ arena, request, tasks }: Asked): Promise<void> {
  const table = new Tasks();
  for (const { task } of tasks) await table.load(task);
  const memory = wholeView(arena.memory, arena.dtype);
  const before = memory.slice(0, arena.reservedBytes / arena.bytesPerNumber);
  const answer = (job: TaskJob, rows: number, forwards: boolean) => {
    const starts = Array.from({ length: Math.ceil(job.rows / rows) }, (_, i) => i * rows);
    const query = { memory, q: Float64Array.from(arena.view(request.q)), scale: request.scale };
    const partials = new Map<number, Float64Array>();
    for (const from of forwards ? starts : starts.toReversed()) {
      const out = new Float64Array(partialLength(request.d));
      clearPartial(out);
      taskTile(table.get(job.task), job, query, from, Math.min(job.rows, from + rows), out);
      partials.set(from, out);
    }
    const tiles = starts.map((from) => ({ role: 'both' as const, partial: partials.get(from)! }));
    return mergePartials(request.d, tiles, [], 0);
  };
  for (const job of tasks) {
    const pieces = answer(job, SOME_ROWS, true);
    mustEqualAnswers(answer(job, SOME_ROWS, false), pieces, 'from the last piece to the first');
    mustAgree(answer(job, Math.max(1, job.rows), true), pieces, `in pieces of ${SOME_ROWS} rows`);
  }
  const { length } = before;
  mustEqualArrays(memory.subarray(0, length), before, 'shared memory after the call');
}

/** Up to the rounding of sums that are cut elsewhere. */
function mustAgree(whole: Answer, pieces: Answer, what: string): void {
  mustEqual(pieces.pairs, whole.pairs, `${what}: pairs`);
  const error = relativeError(pieces.output, whole.output);
  must(error <= 1e-9, () => `${what}: the answer is off by ${error}`);
  const far = whole.lse === pieces.lse ? 0 : Math.abs(whole.lse - pieces.lse);
  must(far <= 1e-9 * Math.max(1, Math.abs(whole.lse)), () => `${what}: ln Z is off by ${far}`);
}

async function onThreads({ arena, request, factory, stream }: Asked): Promise<void> {
  const others = Array.from({ length: INSTANCES - 1 }, () => fill(arena, factory, stream));
  const requests = [request, ...(await Promise.all(others))];
  const expected = await inlinePool(arena).attend(requests);
  for (const threads of [2, 5]) {
    const pool = createPool({ arena, threads });
    try {
      const answers = await pool.attend(requests);
      answers.forEach((answer, i) =>
        mustEqualAnswers(answer, expected[i], `${threads} threads, request ${i}`),
      );
    } finally {
      await pool.close();
    }
  }
}
