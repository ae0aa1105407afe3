import type { Floats } from '../../src/core/memory.js';
import { featuresTile } from './features.js';
import { gridTile } from './grid.js';
import type { Kernel, TileJob } from './kernel.js';
import { massTile } from './mass.js';
import type { Tasks } from '../tasks.js';
import { clearPartial } from './partial.js';
import { productTile, rowsTile } from './rows.js';
import { boundsTile } from './skip.js';
import { skippingGridTile } from './skipping-grid.js';
import { taskTile } from './task.js';

/** The reference kernel of one thread: plain TypeScript, float64 sums; faster ones are tested against it. Plug-ins' tasks too. */
export function referenceKernel(dtype: 'f32' | 'f64', tasks: Tasks): Kernel {
  const view = (buffer: ArrayBufferLike) =>
    dtype === 'f32' ? new Float32Array(buffer) : new Float64Array(buffer);
  let numbers: Floats = view(new ArrayBuffer(0));
  return {
    does: () => true,
    run(tile, from, to, out) {
      if (numbers.buffer !== out.buffer) numbers = view(out.buffer); // a memory that grew has a new buffer
      runTile(numbers, tasks, tile, from, to, out);
    },
  };
}

function runTile(
  memory: Floats,
  tasks: Tasks,
  tile: TileJob,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const { job, d, scale } = tile;
  const q = Float64Array.from(memory.subarray(tile.q, tile.q + d));
  clearPartial(out);
  switch (job.kind) {
    case 'grid':
      if (job.skip) return skippingGridTile(memory, job, job.skip, q, scale, from, to, out);
      return gridTile(memory, job, q, scale, from, to, out);
    case 'rows':
      return rowsTile(memory, job, q, scale, from, to, out);
    case 'product':
      return productTile(memory, job, from, to, out);
    case 'features':
      return featuresTile(new Float64Array(memory.buffer), job, d, from, to, out);
    case 'bounds':
      return boundsTile(memory, job, q, scale, from, to, out);
    case 'mass':
      return massTile(memory, job, q, scale, from, to, out);
    case 'task':
      return taskTile(tasks.get(job.task), job, { memory, q, scale }, from, to, out);
  }
}
