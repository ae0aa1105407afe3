import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sealTrace } from '../../data/sinks/seal.js';
import { kronflowHere } from '../../src/cli/testing/in-process.js';
import { startKronflow } from '../../src/cli/testing/kronflow.js';
import { randomStream } from '../../src/core/random.js';
import { journalState, pause, until } from './journal-state.js';
import { count, differences, readRun, rowsOf } from './traces.js';

const TOKENS = 500;
const CACHE_COUNT = 2;
const CACHES = ['-c', 'window:size=8', '-c', 'subgen4:delta=1e9,t=2,s=4', '--reference', 'none'];
const SIZE = ['--d', '8', '--heads', '2', '--layers', '2', '--threads', '2', '--outputs'];

/** Rows of a token, of both layers, heads and caches; of the whole run. */
export const PER_STEP = 2 * 2 * CACHE_COUNT;
export const ROWS = TOKENS * PER_STEP;

/** A moment of death: while it starts, runs or seals, and what share of that is over. */
export type Moment = readonly [when: 'start' | 'run' | 'seal', share: number];

/** Half of them while it runs, the others while it starts and seals. */
export function moments(count: number, seed: number): readonly Moment[] {
  const random = randomStream(seed, 'moments of death');
  return (['start', 'run', 'seal'] as const).flatMap((when) =>
    Array.from({ length: when === 'run' ? count / 2 : count / 4 }, (): Moment => [when, random.uniform()]),
  );
}

/** The ids of `count` tokens, one a line. */
export function ids(count: number): string {
  return Array.from({ length: count }, (_, i) => (i * 7919) % 50_257).join('\n');
}

/** A run that records, is stopped at any moment, and then sealed. */
export class SealableRun {
  #firstRowsMs = 0;
  #sealingMs = 0;

  constructor(readonly cwd: string) {
    writeFileSync(this.at('ids.txt'), ids(TOKENS));
  }

  at(name: string): string {
    return join(this.cwd, name);
  }

  /** Arguments of a run into the folder `name`. */
  argsTo(name: string, source = 'ids:path=ids.txt'): string[] {
    return ['record', '--source', source, ...SIZE, ...CACHES, '-o', name];
  }

  /** Rows that its journal has acknowledged. */
  promised(name: string): number {
    return journalState(this.at(name))?.steps ?? ROWS;
  }

  /** Carry it out undisturbed, to compare with, and see how long its parts take. */
  async whole(): Promise<void> {
    const { finished } = startKronflow(this.argsTo('whole'), { cwd: this.cwd });
    const start = performance.now();
    await until(() => this.promised('whole') > 0, finished);
    this.#firstRowsMs = performance.now() - start;
    await until(() => this.#isSealing('whole'), finished);
    const sealing = performance.now();
    await until(() => journalState(this.at('whole')) === null, finished);
    this.#sealingMs = performance.now() - sealing;
    const { code, stderr } = await finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await rowsOf(this.at('whole'), 'steps')).toBe(ROWS);
  }

  /** Kill a run at that moment and seal what it left; returns the rows of that. */
  async killAndSeal(name: string, moment: Moment): Promise<number> {
    const acknowledged = await this.#killed(name, moment);
    const { code, stdout, stderr } = await kronflowHere(['seal', name], { cwd: this.cwd });
    if (code === 2) {
      // killed before there was anything to seal: nothing was promised, and the message says what it is
      expect(acknowledged).toBe(0);
      expect(stderr).toMatch(/not a trace|journal/);
      return 0;
    }
    expect(code, stderr).toBe(0);
    const rows = await this.expectPrefix(name, acknowledged);
    const sealed = await readRun(this.at(name));
    expect(stdout).toContain(`${sealed.status}; rows: steps ${rows}`);
    expect(sealed.status).toBe(moment[0] === 'seal' ? 'complete' : 'interrupted');
    if (moment[0] === 'seal') expect(rows).toBe(ROWS);
    expect(await sealTrace(this.at(name))).toMatchObject({ already: true, run: sealed });
    return rows;
  }

  /** The rows of a stopped run are the first of the whole one, no step is cut in any table, no promise is broken. */
  async expectPrefix(name: string, acknowledged: number): Promise<number> {
    const [dir, whole] = [this.at(name), this.at('whole')];
    const rows = await rowsOf(dir, 'steps');
    expect(rows).toBeGreaterThanOrEqual(acknowledged);
    expect(rows % PER_STEP).toBe(0);
    const tables = { steps: rows, outputs: rows, recording: rows / CACHE_COUNT };
    for (const [table, expected] of Object.entries(rows > 0 ? tables : {})) {
      expect(await rowsOf(dir, table)).toBe(expected);
      expect(await differences(dir, whole, table, expected), `${name}: ${table}`).toBe(0);
    }
    const keys = '(stream_id, layer, head, cache, step)';
    expect(await count(`select count(distinct ${keys}) from '${dir}/steps.parquet'`)).toBe(rows);
    return rows;
  }

  /** Kill a run at that moment; returns the rows that it had acknowledged before. */
  async #killed(name: string, [when, share]: Moment): Promise<number> {
    const { child, finished } = startKronflow(this.argsTo(name), { cwd: this.cwd });
    if (when === 'start') await pause(share * this.#firstRowsMs);
    if (when === 'run') {
      const rows = share * 0.9 * ROWS; // the journal takes 256 at a time: the rest may be there at once
      await until(() => this.promised(name) > rows, finished);
      await pause(rows % 10);
    }
    if (when === 'seal') {
      await until(() => this.#isSealing(name), finished);
      await pause(share * this.#sealingMs);
    }
    const acknowledged = this.promised(name);
    child.kill('SIGKILL');
    await finished;
    return acknowledged;
  }

  #isSealing(name: string): boolean {
    return journalState(this.at(name)) === null || existsSync(join(this.at(name), 'steps.parquet.tmp'));
  }
}
