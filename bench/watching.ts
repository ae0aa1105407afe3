import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executeRun } from '../pipelines/execute.js';
import { resolveRun, type RunRequest } from '../pipelines/resolve.js';
import type { TraceBatch } from '../src/core/trace.js';
import { watch } from '../src/live/watch.js';
import { WatchedRun } from '../src/live/watched-run.js';
import { judged, median, noted, type Finding, type Measurement } from './measure.js';

const [ROUNDS, WARMUP_TOKENS, MOST] = [3, 300, 0.02];
const request = (tokens: number, caches: readonly string[], reference: 'f64' | 'none'): RunRequest => ({
  ...{ kronflow: 1, source: { name: 'gaussian', options: { n: tokens, d: 64, heads: 2 } }, model: {} },
  ...{ caches: caches.map((name) => ({ name, label: name, options: {} })), reference, tokens, seed: 1 },
  ...{ recall: 0, sparsity: null, prompt: 0, memory: null },
  trace: { outputs: false, timings: true, recording: false },
});
const runs = {
  'four-cache, subgen4 and window beside the reference': request(
    1100,
    ['four-cache', 'subgen4', 'window'],
    'f64',
  ),
  'windows alone: nothing but small steps': request(40_000, ['window', 'sinks'], 'none'),
};

/** A page that takes all it is sent, in a process of its own. */
const CLIENT = `
const { get } = require('node:http');
const url = new URL(process.argv[1]);
get(url, (page) => {
  page.resume();
  const cookie = page.headers['set-cookie'][0].split(';')[0];
  get(new URL('events', url), { headers: { cookie } }, (events) => events.on('data', () => process.stdout.write('.')));
});`;

/**
 * What it costs a run to be watched, from its first step to its last. Judged is the time inside: what the run spends on
 * folding its rows and on telling a page. Runs alone beside it, in turn, would show what that leaves out, such as more
 * garbage to collect, but only what is more than by how much they differ among themselves.
 */
export const watching: Measurement = {
  name: 'watching',
  moves: `whole runs of 1,100 and 40,000 tokens, 2 heads, d 64, one thread, with a page that follows and alone, ${ROUNDS} of each in turn`,
  async run() {
    const findings: Finding[] = [];
    for (const [name, asked] of Object.entries(runs)) {
      for (const isWatched of [true, false]) await oneRun({ ...asked, tokens: WARMUP_TOKENS }, isWatched);
      const [watched, alone]: [Spent[], Spent[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        for (const isWatched of round % 2 === 0 ? [true, false] : [false, true]) {
          (isWatched ? watched : alone).push(await oneRun(asked, isWatched));
        }
      }
      findings.push(...findingsOf(name, watched, alone));
    }
    return findings;
  },
};

/** Milliseconds of one run from its first step to its last. */
interface Spent {
  readonly wall: number;
  /** Of the processor, all threads. */
  readonly processor: number;
  /** Of the run's own thread: with rows, and with pages. */
  readonly folding: number;
  readonly telling: number;
}

function findingsOf(name: string, watched: readonly Spent[], alone: readonly Spent[]): readonly Finding[] {
  const shares = watched.map(({ folding, telling, wall }) => (folding + telling) / wall);
  const more = (of: (spent: Spent) => number) => watched.map((spent, i) => of(spent) / of(alone[i]) - 1);
  const middle = (of: (spent: Spent) => number) => median(watched.map(of));
  return [
    judged(`${name}: time for rows and page, of the run's`, median(shares), 'share', 'most', MOST),
    noted('… the most of any run', Math.max(...shares), 'share'),
    noted(
      '… for rows',
      middle(({ folding, wall }) => folding / wall),
      'share',
    ),
    noted('… a run takes', middle(({ wall }) => wall) / 1e3, 's'),
    ...spread(
      '… longer than the run alone beside it',
      more(({ wall }) => wall),
    ),
    ...spread(
      '… more processor time, of all threads',
      more(({ processor }) => processor),
    ),
  ];
}

function spread(name: string, values: readonly number[]): readonly Finding[] {
  return [
    noted(`${name}, median`, median(values), 'share'),
    noted('… … least', Math.min(...values), 'share'),
    noted('… … most', Math.max(...values), 'share'),
  ];
}

async function oneRun(asked: RunRequest, isWatched: boolean): Promise<Spent> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
  const resolved = await resolveRun(asked, nothing());
  const dir = join(folder, 'trace');
  const { d, heads, layers, order } = resolved.config.model;
  const caches = resolved.config.caches.map(({ name, label, options }) => ({
    name,
    label: label ?? name,
    options,
  }));
  const now = () => performance.now();
  const run = new WatchedRun({ dir, d, heads, layers, order, caches }, { now, left: () => null });
  const unattended = { attended: false, signal: new AbortController().signal };
  const page = isWatched ? await watch(run, unattended) : null;
  const client = page === null ? null : await follow(page.url);
  let folding = 0;
  const onRows = (rows: TraceBatch) => {
    const start = now();
    run.onRows(rows);
    folding += now() - start;
  };
  const spent = () => {
    const { user, system } = process.cpuUsage();
    return { wall: now(), processor: (user + system) / 1e3, folding, telling: page?.spentMs ?? 0 };
  };
  let [first, last]: (Spent | null)[] = [null, null];
  await executeRun(resolved, {
    ...{ dir, threads: 1, snapshotEvery: 0, logLevel: 'info', signal: unattended.signal },
    onStep(progress) {
      first ??= spent();
      if (isWatched) run.onStep(progress);
    },
    ...(isWatched ? { onRows } : {}),
    onSealing: () => void (last = spent()),
  });
  run.end('complete');
  await page?.end(() => {});
  client?.kill();
  await rm(folder, { recursive: true });
  return between(first!, last!);
}

function between(first: Spent, last: Spent): Spent {
  return {
    wall: last.wall - first.wall,
    processor: last.processor - first.processor,
    folding: last.folding - first.folding,
    telling: last.telling - first.telling,
  };
}

async function follow(url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', CLIENT, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
