import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { readSteps } from '../sinks/read-steps.js';
import { sealTrace } from '../sinks/seal.js';
import { queryDuckDB } from './duckdb.js';

const STEPS = 1500;
const ROWS = 4 * STEPS;

/** The process that is killed; it must have been built. */
export const victim = fileURLToPath(new URL('../../dist/data/testing/crash-victim.js', import.meta.url));

/** What was going on when the kills came, and how many traces were whole all the same. */
export interface Deaths {
  writing: number;
  sealing: number;
  sealingAgain: number;
  whole: number;
}

/** Kill writers of traces at `kills` random moments; what each leaves must be sealed to an exact prefix. */
export async function killWriters(folder: string, kills: number, seed: number): Promise<Deaths> {
  const seen = { writing: 0, sealing: 0, sealingAgain: 0, whole: 0 };
  const random = randomStream(seed, 'kill');
  for (let trial = 0; trial < kills; trial++) {
    const dir = join(folder, `run-${trial}`);
    const inSeal = trial % 2 === 1;
    const row = random.below(ROWS);
    const isTime = (line: string) => (inSeal ? line === 'sealing' : Number(line.split(' ')[1]) >= row);
    const delayMs = random.uniform() * (inSeal ? 240 : 3);
    const { signal, acknowledged } = await killed(['write', dir, String(STEPS)], isTime, delayMs);
    if (signal === 'SIGKILL') seen[inSeal ? 'sealing' : 'writing']++;

    if (trial % 4 < 2) {
      const again = await killed(['seal', dir], (line) => line === 'sealing', random.uniform() * 150);
      if (again.signal === 'SIGKILL') seen.sealingAgain++;
    }
    if ((await expectPrefix(dir, acknowledged())) === ROWS) seen.whole++;
  }
  return seen;
}

/** Start a victim, kill it `delayMs` after it said something that `isTime`; what it had acknowledged by then. */
async function killed(args: readonly string[], isTime: (line: string) => boolean, delayMs: number) {
  const child = spawn(process.execPath, [victim, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_, signal) => resolve(signal)),
  );
  let acknowledged = 0;
  let isDoomed = false;
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('acknowledged')) acknowledged = Number(line.split(' ')[1]);
      if (isDoomed || !isTime(line)) continue;
      isDoomed = true;
      void sleep(delayMs).then(() => child.kill('SIGKILL'));
    }
  });
  return { signal: await gone, acknowledged: () => acknowledged };
}

/** Seal what is there: all that was acknowledged, in whole steps, in every table. Returns the rows. */
async function expectPrefix(dir: string, acknowledged: number): Promise<number> {
  const { run, cuts } = await sealTrace(dir);
  const { rows, columns } = await readSteps(dir, ['evicted_side2', 'step']);
  expect(rows).toBeGreaterThanOrEqual(acknowledged);
  expect(rows % 4, 'no step is torn').toBe(0);
  expect(columns.evicted_side2.values).toEqual(Int32Array.from({ length: rows }, (_, i) => i));
  expect(cuts.filter(({ lostRows }) => lostRows > 0)).toEqual([]);
  const [outputs] = await queryDuckDB(
    `select count(*)::int as n, sum(output[1])::double as first from read_parquet('${dir}/outputs.parquet')`,
  );
  expect(outputs).toEqual({ n: rows, first: (rows * (rows - 1)) / 2 });
  expect(run.counters.rows).toMatchObject({ steps: rows, outputs: rows });
  if (rows < ROWS) expect(run.status).toBe('interrupted');
  return rows;
}
