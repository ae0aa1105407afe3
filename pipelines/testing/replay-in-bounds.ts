import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startKronflow } from '../../src/cli/testing/kronflow.js';
import { pause } from './journal-state.js';
import { writeLargeRecording } from './large-recording.js';
import { readRun } from './traces.js';

const [HEADS, D, MIB] = [8, 64, 2 ** 20];
const STEP_BYTES = HEADS * (3 * 4 * D + 4 * 4);

/**
 * Generate a recording of about `mib` MiB, replay it, and hold the most memory that the process ever had in use against `limit`
 * MiB. Linux only: nobody else says what was resident.
 */
export async function replayInBounds(folder: string, mib: number, limit: number): Promise<void> {
  const steps = Math.floor((mib * MIB) / STEP_BYTES);
  const path = join(folder, 'large.arrows');
  const bytes = await writeLargeRecording(path, { steps, heads: HEADS, d: D, stepsPerStream: 50_000 });
  expect(bytes).toBeGreaterThanOrEqual(mib * MIB * 0.99);
  const args = [
    'replay',
    'large.arrows',
    '-c',
    'window:size=4',
    '--reference',
    'none',
    '--threads',
    '1',
    '-o',
    'out',
  ];
  const { child, finished } = startKronflow(args, { cwd: folder, limitMs: 3_000_000 });
  let [most, over] = [0, false];
  void finished.then(() => (over = true));
  while (!over) {
    most = Math.max(most, peakMiB(child.pid!));
    await pause(100);
  }
  const { code, stderr } = await finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect((await readRun(join(folder, 'out'))).counters.processed).toBe(steps);
  console.log(
    `${(bytes / MIB).toFixed(0)} MiB, ${steps} steps replayed, at most ${most.toFixed(0)} MiB resident`,
  );
  expect(most).toBeGreaterThan(20); // it was measured
  expect(most).toBeLessThan(limit);
  rmSync(path);
}

/** High-water mark of the resident memory of a process, in MiB; 0 when it is gone. */
function peakMiB(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
