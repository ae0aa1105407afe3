import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealTrace } from '../data/sinks/seal.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { kronflow, startKronflow, succeed } from '../src/cli/testing/kronflow.js';
import { randomStream } from '../src/core/random.js';
import { journalState, pause, until } from './testing/journal-state.js';
import { count, differences, readRun, rowsOf } from './testing/traces.js';

const TOKENS = 500;
const CACHE_COUNT = 2;
const PER_STEP = 2 * 2 * CACHE_COUNT; // layers, heads, caches
const ROWS = TOKENS * PER_STEP;
const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const started = { cwd: folder.path };

const CACHES = ['-c', 'window:size=8', '-c', 'subgen4:delta=1e9,t=2,s=4', '--reference', 'none'];
const SIZE = ['--d', '8', '--heads', '2', '--layers', '2', '--threads', '2', '--outputs'];
const argsTo = (dir: string) => ['record', '--source', 'ids:path=ids.txt', ...SIZE, ...CACHES, '-o', dir];

/** Of the run that nobody stops, in milliseconds: until its first rows are acknowledged, and of sealing. */
const whole = { firstRows: 0, sealing: 0 };
const promised = (dir: string) => journalState(dir)?.steps ?? ROWS;
const isSealing = (dir: string) => {
  const state = journalState(dir);
  return state === null || existsSync(join(dir, 'steps.parquet.tmp'));
};

beforeAll(async () => {
  writeFileSync(at('ids.txt'), Array.from({ length: TOKENS }, (_, i) => (i * 7919) % 50_257).join('\n'));
  const { finished } = startKronflow(argsTo('whole'), started);
  const start = performance.now();
  await until(() => promised(at('whole')) > 0, finished);
  whole.firstRows = performance.now() - start;
  await until(() => isSealing(at('whole')), finished);
  const sealing = performance.now();
  await until(() => journalState(at('whole')) === null, finished);
  whole.sealing = performance.now() - sealing;
  const { code, stderr } = await finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await rowsOf(at('whole'), 'steps')).toBe(ROWS);
});
afterAll(() => folder.remove());

/** The rows of a stopped run are the first of the whole one, no step is cut in any table, no promise is broken. */
async function expectPrefix(name: string, acknowledged: number): Promise<number> {
  const rows = await rowsOf(at(name), 'steps');
  expect(rows).toBeGreaterThanOrEqual(acknowledged);
  expect(rows % PER_STEP).toBe(0);
  const tables = { steps: rows, outputs: rows, recording: rows / CACHE_COUNT };
  for (const [table, expected] of Object.entries(rows > 0 ? tables : {})) {
    expect(await rowsOf(at(name), table)).toBe(expected);
    expect(await differences(at(name), at('whole'), table, expected), `${name}: ${table}`).toBe(0);
  }
  const keys = '(stream_id, layer, head, cache, step)';
  expect(await count(`select count(distinct ${keys}) from '${at(name)}/steps.parquet'`)).toBe(rows);
  return rows;
}

type Moment = readonly [when: 'start' | 'run' | 'seal', share: number];
const random = randomStream(20_25, 'moments of death');
const moments: readonly Moment[] = (['start', 'run', 'seal'] as const).flatMap((when) =>
  Array.from({ length: when === 'run' ? 6 : 3 }, (): Moment => [when, random.uniform()]),
);

/** Kill a run at that moment; returns the rows that it had acknowledged before. */
async function killAt(name: string, [when, share]: Moment): Promise<number> {
  const { child, finished } = startKronflow(argsTo(name), started);
  if (when === 'start') await pause(share * whole.firstRows);
  if (when === 'run') {
    const rows = share * 0.9 * ROWS; // the journal takes 256 at a time: the rest may be there at once
    await until(() => promised(at(name)) > rows, finished);
    await pause(rows % 10);
  }
  if (when === 'seal') {
    await until(() => isSealing(at(name)), finished);
    await pause(share * whole.sealing);
  }
  const acknowledged = promised(at(name));
  child.kill('SIGKILL');
  await finished;
  return acknowledged;
}

describe('kill -9, then seal', () => {
  const outcomes: { when: string; rows: number }[] = [];

  it.each(moments.map((moment, i) => [i, ...moment] as const))('%i: %s, %f of it', async (i, ...moment) => {
    const name = `killed-${i}`;
    const acknowledged = await killAt(name, moment);
    const { code, stdout, stderr } = await kronflow(['seal', name], started);
    if (code === 2) {
      // killed before there was anything to seal: nothing was promised, and the message says what it is
      expect(acknowledged).toBe(0);
      expect(stderr).toMatch(/not a trace|journal/);
      outcomes.push({ when: moment[0], rows: 0 });
      return;
    }
    expect(code, stderr).toBe(0);
    const rows = await expectPrefix(name, acknowledged);
    const { status } = await readRun(at(name));
    expect(stdout).toContain(`${status}; rows: steps ${rows}`);
    expect(status).toBe(moment[0] === 'seal' ? 'complete' : 'interrupted');
    if (moment[0] === 'seal') expect(rows).toBe(ROWS);
    const before = await readRun(at(name));
    expect(await sealTrace(at(name))).toMatchObject({ already: true, run: before });
    outcomes.push({ when: moment[0], rows });
  });

  it('leaves recordings that can be replayed', async () => {
    const [name] = moments
      .map((_, i) => `killed-${i}`)
      .filter((_, i) => outcomes[i].when === 'run' && outcomes[i].rows > 0);
    const { stdout } = await kronflow(
      ['replay', name, '-c', 'window:size=8', '--json', '-o', 'replayed'],
      started,
    );
    const { tokens } = JSON.parse(stdout) as { tokens: number };
    expect(tokens).toBe((await rowsOf(at(name), 'steps')) / PER_STEP);
  });

  it('met runs with nothing, with something and with everything', () => {
    expect(outcomes).toHaveLength(moments.length);
    const middle = outcomes.filter(({ when, rows }) => when === 'run' && rows > 0 && rows < ROWS);
    expect(middle.length).toBeGreaterThanOrEqual(4);
    expect(new Set(middle.map(({ rows }) => rows)).size).toBeGreaterThanOrEqual(4);
    expect(outcomes.filter(({ rows }) => rows === ROWS).length).toBeGreaterThanOrEqual(3);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('seals what was done, says so, and exits with 130', async () => {
    const { child, finished } = startKronflow(argsTo(signal), started);
    await until(() => promised(at(signal)) > ROWS / 4, finished);
    const acknowledged = promised(at(signal));
    child.kill(signal);
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toBe('\nstopping after this token; press Ctrl-C again to stop at once\n');
    const rows = await expectPrefix(signal, acknowledged);
    expect(rows).toBeLessThan(ROWS);
    expect(stdout).toMatch(RegExp(`^${rows / PER_STEP} tokens, .*, interrupted\n`));
    const run = await readRun(at(signal));
    expect(run).toMatchObject({ status: 'interrupted', sealed: true });
    expect(run.counters).toMatchObject({ read: rows / PER_STEP, processed: rows / PER_STEP, refused: 0 });
    expect(await succeed(['seal', signal], started)).toContain('was sealed before, interrupted');
  });

  it('ends a run that waits for input', async () => {
    const name = `${signal}-waiting`;
    const args = ['record', '--source', 'ids:path=-', ...SIZE, ...CACHES, '-o', name];
    const { child, finished } = startKronflow(args, { ...started, stdin: 'open' });
    child.stdin!.write(`${Array.from({ length: 40 }, (_, i) => (i * 7919) % 50_257).join('\n')}\n`);
    await until(() => existsSync(join(at(name), 'run.json')), finished);
    await pause(500);
    child.kill(signal);
    expect((await finished).code).toBe(130);
    expect((await readRun(at(name))).status).toBe('interrupted');
    expect(await expectPrefix(name, 0)).toBe(40 * PER_STEP);
  });
});
