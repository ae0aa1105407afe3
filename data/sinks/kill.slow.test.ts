import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { queryDuckDB } from '../testing/duckdb.js';
import { temporaryFolder } from '../testing/folder.js';
import { readSteps } from './read-steps.js';
import { sealTrace } from './seal.js';

const STEPS = 2500;
const KILLS = 12;
const victim = fileURLToPath(new URL('../../dist/data/testing/crash-victim.js', import.meta.url));
const folder = temporaryFolder();
const random = randomStream(2026, 'kill');
afterAll(() => folder.remove());

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

it(`kill -9 at ${KILLS} random moments loses nothing acknowledged, and sealing leaves an exact prefix`, async () => {
  expect(existsSync(victim), 'npm run build first').toBe(true);
  const seen = { writing: 0, sealing: 0, sealingAgain: 0, whole: 0 };
  for (let trial = 0; trial < KILLS; trial++) {
    const dir = join(folder.path, `run-${trial}`);
    const inSeal = trial % 2 === 1;
    const row = random.below(4 * STEPS);
    const isTime = (line: string) => (inSeal ? line === 'sealing' : Number(line.split(' ')[1]) >= row);
    const { signal, acknowledged } = await killed(
      ['write', dir, String(STEPS)],
      isTime,
      random.uniform() * (inSeal ? 400 : 3),
    );
    if (signal === 'SIGKILL') seen[inSeal ? 'sealing' : 'writing']++;

    if (trial % 4 < 2) {
      const again = await killed(['seal', dir], (line) => line === 'sealing', random.uniform() * 250);
      if (again.signal === 'SIGKILL') seen.sealingAgain++;
    }
    const { run, cuts } = await sealTrace(dir);
    const { rows, columns } = await readSteps(dir, ['evicted_side2', 'step']);
    expect(rows).toBeGreaterThanOrEqual(acknowledged());
    expect(rows % 4, 'no step is torn').toBe(0);
    expect(columns.evicted_side2.values).toEqual(Int32Array.from({ length: rows }, (_, i) => i));
    expect(cuts.filter(({ lostRows }) => lostRows > 0)).toEqual([]);
    const [outputs] = await queryDuckDB(
      `select count(*)::int as n, sum(output[1])::double as first from read_parquet('${dir}/outputs.parquet')`,
    );
    expect(outputs).toEqual({ n: rows, first: (rows * (rows - 1)) / 2 });
    expect(run.counters.rows).toMatchObject({ steps: rows, outputs: rows });
    if (rows < 4 * STEPS) expect(run.status).toBe('interrupted');
    if (rows === 4 * STEPS) seen.whole++;
  }
  console.log('killed while', seen);
  expect(seen.writing).toBeGreaterThanOrEqual(4);
  expect(seen.sealing).toBeGreaterThanOrEqual(2);
  expect(seen.whole).toBeGreaterThanOrEqual(seen.sealing);
});
