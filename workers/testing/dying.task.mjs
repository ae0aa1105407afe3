// A task that kills its thread the first `deaths` times it is called, whichever thread it is.
import { workerData } from 'piscina';
import attend from '../../dist/workers/attend.task.js';

const deaths = new Int32Array(workerData.memory.buffer, 4, 1); // bytes 4 to 8 of the arena are never handed out

/** As attend.task.ts, after the deaths. */
export default function dying(step) {
  if (Atomics.sub(deaths, 0, 1) > 0) process.exit(7);
  return attend(step);
}
