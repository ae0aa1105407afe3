import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sealTrace } from '../../data/sinks/seal.js';
import { caches } from '../../operators/caches/index.js';
import type { CacheSpec } from '../../src/core/cache.js';
import type { Order } from '../../src/core/shape.js';
import { randomStream } from '../../src/core/random.js';
import { kronflow, startKronflow } from '../../src/cli/testing/kronflow.js';
import { pause, until } from './journal-state.js';
import { readRun } from './traces.js';

const [TOKENS, D, BUDGET, EVERY] = [200, 4, 2048, 20];
const LIMIT_MS = 1_200_000; // of a run: every cache takes a while, and the machine may be busy

/** What was found after a kill. */
export type Outcome = 'nothing to resume' | 'resumed' | 'only sealed';

/** Flags for every cache of an order, those with a budget so small that they forget. */
function everyCache(order: Order): string[] {
  return caches
    .map(({ spec }) => spec as CacheSpec)
    .filter(({ orders }) => orders.includes(order))
    .flatMap(({ name, within }) => {
      const options = Object.entries(within?.(BUDGET, { d: D, order, bytesPerNumber: 4 }) ?? {});
      const text = options.map(([key, value]) => `${key}=${String(value)}`).join(',');
      return ['-c', text === '' ? name : `${name}:${text}`];
    });
}

/** A run with every cache of an order, which can be killed and resumed any number of times. */
export class KillableRun {
  readonly #args: readonly string[];
  readonly #start;
  readonly #random;
  #wholeMs = 0;
  #sealMs = 0;

  constructor(
    readonly cwd: string,
    readonly order: Order,
    seed: number,
  ) {
    const ids = `ids-${order}.txt`;
    writeFileSync(join(cwd, ids), Array.from({ length: TOKENS }, (_, i) => (i * 7919) % 50_257).join('\n'));
    const size = ['--d', `${D}`, '--heads', '1', '--layers', '2', '--prompt', '10', '--threads', '1'];
    const how = ['--order', order, '--outputs', '--timings', 'off', '--snapshot-every', `${EVERY}`];
    this.#args = ['record', '--source', `ids:path=${ids}`, ...size, ...how, ...everyCache(order)];
    this.#start = { cwd, limitMs: LIMIT_MS };
    this.#random = randomStream(seed, order, 'moments of death');
  }

  /** Carry it out undisturbed, to compare with. */
  async whole(): Promise<void> {
    const [start, dir] = [performance.now(), join(this.cwd, `whole-${this.order}`)];
    const { finished } = startKronflow([...this.#args, '-o', `whole-${this.order}`], this.#start);
    await until(() => existsSync(join(dir, 'steps.parquet.tmp')), finished);
    this.#sealMs = performance.now();
    const { code, stderr } = await finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    this.#sealMs = performance.now() - this.#sealMs;
    this.#wholeMs = performance.now() - start;
  }

  /** Start it, kill -9 it, resume it, perhaps kill that too; then compare with the whole run. */
  async killAndResume(name: string): Promise<Outcome> {
    await this.#killed([...this.#args, '-o', name], name);
    while (this.#random.uniform() < 0.3)
      await this.#killed(['resume', name, '--snapshot-every', `${EVERY}`], name);
    const { code, stderr } = await kronflow(['resume', name, '--threads', '1'], this.#start);
    if (code === 2) {
      expect(stderr).toMatch(/is not a trace/); // killed before run.json was there: nothing had been promised
      expect(existsSync(join(this.cwd, name, 'journal'))).toBe(false);
      return 'nothing to resume';
    }
    expect(code, stderr).toBe(0);
    await this.#same(name);
    const { already, run } = await sealTrace(join(this.cwd, name));
    expect(already).toBe(true);
    const { execution } = run;
    return execution.resumed_at === undefined ? 'only sealed' : 'resumed';
  }

  /** At a moment of the run, or of one of its seals: every kind of file is being written at some of them. */
  async #killed(args: readonly string[], name: string): Promise<void> {
    const { child, finished } = startKronflow(args, this.#start);
    const [dir, when, share] = [join(this.cwd, name), this.#random.uniform(), this.#random.uniform()];
    if (when < 0.15) await pause(share * this.#wholeMs * 0.3);
    else if (when < 0.6) {
      const files = Math.floor(share * (TOKENS / EVERY));
      await until(() => latestSnapshot(dir) >= files * EVERY, finished);
      await pause((share * 1000) % 20);
    } else if (when < 0.75) {
      const isWriting = () => namesIn(join(dir, 'journal')).some((file) => file.endsWith('.tmp'));
      await pause(share * this.#wholeMs * 0.5);
      await until(isWriting, finished);
    } else {
      await until(
        () => existsSync(join(dir, 'steps.parquet.tmp')) || existsSync(join(dir, 'steps.parquet')),
        finished,
      );
      await pause(share * this.#sealMs);
    }
    child.kill('SIGKILL');
    await finished;
  }

  async #same(name: string): Promise<void> {
    const [dir, whole] = [join(this.cwd, name), join(this.cwd, `whole-${this.order}`)];
    expect(namesIn(dir).sort()).toEqual(namesIn(whole).sort());
    for (const file of namesIn(whole).filter((file) => file.endsWith('.parquet'))) {
      const [one, other] = [readFileSync(join(dir, file)), readFileSync(join(whole, file))];
      expect(one.equals(other), `${name}: ${file}`).toBe(true);
    }
    const [one, other] = [await readRun(dir), await readRun(whole)];
    const timeless = ({ execution, ...run }: Awaited<ReturnType<typeof readRun>>) => ({
      ...run,
      execution: { ...execution, resumed_at: null, threads: null },
    });
    expect(timeless(one)).toEqual(timeless(other));
  }
}

function namesIn(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

function latestSnapshot(dir: string): number {
  const numbers = namesIn(join(dir, 'journal')).map((file) =>
    Number(/^snapshot-(\d+)$/.exec(file)?.[1] ?? 0),
  );
  return Math.max(0, ...numbers);
}
