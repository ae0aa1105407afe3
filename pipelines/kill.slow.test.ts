import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { kronflow, startKronflow, succeed } from '../src/cli/testing/kronflow.js';
import { pause, until } from './testing/journal-state.js';
import { ids, moments, PER_STEP, ROWS, SealableRun } from './testing/kill-and-seal.js';
import { readRun, rowsOf } from './testing/traces.js';

const folder = temporaryFolder();
const start = { cwd: folder.path };
const run = new SealableRun(folder.path);
beforeAll(() => run.whole());
afterAll(() => folder.remove());

describe('kill -9, then seal', () => {
  const deaths = moments(8, 20_25); // kill.long.test.ts has the many
  const outcomes: { name: string; when: string; rows: number }[] = [];

  it.each(deaths.map((moment, i) => [i, ...moment] as const))('%i: %s, %f of it', async (i, ...moment) => {
    const name = `killed-${i}`;
    outcomes.push({ name, when: moment[0], rows: await run.killAndSeal(name, moment) });
  });

  it('leaves recordings that can be replayed', async () => {
    const { name } = outcomes.find(({ when, rows }) => when === 'run' && rows > 0)!;
    const { stdout } = await kronflow(
      ['replay', name, '-c', 'window:size=8', '--json', '-o', 'replayed'],
      start,
    );
    const { tokens } = JSON.parse(stdout) as { tokens: number };
    expect(tokens).toBe((await rowsOf(run.at(name), 'steps')) / PER_STEP);
  });

  it('met runs with nothing, with something and with everything', () => {
    expect(outcomes).toHaveLength(deaths.length);
    const middle = outcomes.filter(({ when, rows }) => when === 'run' && rows > 0 && rows < ROWS);
    expect(middle.length).toBeGreaterThanOrEqual(3);
    expect(new Set(middle.map(({ rows }) => rows)).size).toBeGreaterThanOrEqual(3);
    expect(outcomes.filter(({ rows }) => rows === ROWS).length).toBeGreaterThanOrEqual(2);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('seals what was done, says so, and exits with 130', async () => {
    const { child, finished } = startKronflow(run.argsTo(signal), start);
    await until(() => run.promised(signal) > ROWS / 4, finished);
    const acknowledged = run.promised(signal);
    child.kill(signal);
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toBe('\nstopping after this token; press Ctrl-C again to stop at once\n');
    const rows = await run.expectPrefix(signal, acknowledged);
    expect(rows).toBeLessThan(ROWS);
    expect(stdout).toMatch(RegExp(`^${rows / PER_STEP} tokens, .*, interrupted\n`));
    const sealed = await readRun(run.at(signal));
    expect(sealed).toMatchObject({ status: 'interrupted', sealed: true });
    expect(sealed.counters).toMatchObject({ read: rows / PER_STEP, processed: rows / PER_STEP, refused: 0 });
    expect(await succeed(['seal', signal], start)).toContain('was sealed before, interrupted');
  });

  it('ends a run that waits for input', async () => {
    const name = `${signal}-waiting`;
    const { child, finished } = startKronflow(run.argsTo(name, 'ids:path=-'), { ...start, stdin: 'open' });
    await until(() => existsSync(join(run.at(name), 'run.json')), finished);
    const given = await giveUntilItWaits(child, name);
    child.kill(signal);
    expect((await finished).code).toBe(130);
    expect((await readRun(run.at(name))).status).toBe('interrupted');
    expect(await run.expectPrefix(name, 0)).toBe(given * PER_STEP);
  });
});

/** Give a run one token after the other until all of them are in its journal: then it waits. Returns how many these are. */
async function giveUntilItWaits(child: ChildProcess, name: string): Promise<number> {
  const all = ids(ROWS / PER_STEP).split('\n');
  const lives = () => child.exitCode === null && child.signalCode === null;
  let given = 0;
  do {
    child.stdin!.write(`${all[given++]}\n`);
    await pause(150); // the journal is flushed with a token that comes 100 ms after the flush before
  } while (lives() && run.promised(name) < given * PER_STEP);
  return given;
}
