import type { AttentionPool, PoolEvent } from '../src/core/pool.js';
import type { SharedArena } from './arena.js';
import { decodeBoard, encodeBoard, type BoardJob } from './board.js';
import { partialLength } from './kernels/partial.js';
import { REFERENCE_KERNEL } from './kernels/run-tile.js';
import { answerStep } from './step.js';
import { tileCount } from './tiles.js';
import { timedTile } from './timed-tile.js';

const now = () => Number(process.hrtime.bigint());

/** Attention on the calling thread, by the same tiles and merges as the worker pool: for tests and small runs. */
export function inlinePool(arena: SharedArena): AttentionPool {
  return {
    threads: 0,
    kernel: REFERENCE_KERNEL,
    onEvent: (_: PoolEvent) => {},
    close: () => Promise.resolve(),
    attend: (requests) =>
      answerStep(
        requests,
        (works) => {
          // through the board as threads do, so that tests see what threads would read
          const jobs = decodeBoard(encodeBoard(works, arena.bytesPerNumber));
          const memory = arena.view({
            offset: 0,
            length: arena.memory.buffer.byteLength / arena.bytesPerNumber,
          });
          const partials = Array.from({ length: tileCount(works) }, (_, tile) => {
            const job = jobOf(jobs, tile);
            const out = new Float64Array(partialLength(job.d));
            timedTile(memory, job, tile, out, now);
            return out;
          });
          return Promise.resolve((tile) => partials[tile]);
        },
        now,
      ),
  };
}

/** The job that a tile belongs to. */
export function jobOf(jobs: readonly BoardJob[], tile: number): BoardJob {
  const job = jobs.find(({ firstTile, tiles }) => tile < firstTile + tiles);
  if (job === undefined) throw new RangeError(`tile ${tile} belongs to no job`);
  return job;
}
