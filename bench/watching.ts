import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executeRun } from '../pipelines/execute.js';
import { resolveRun, type RunRequest } from '../pipelines/resolve.js';
import { watch } from '../src/live/watch.js';
import { WatchedRun } from '../src/live/watched-run.js';
import { judged, median, noted, type Finding, type Measurement } from './measure.js';

const [ROUNDS, WARMUP, MOST] = [7, 1, 0.02];
const request = (tokens: number, caches: readonly string[], reference: 'f64' | 'none'): RunRequest => ({
  ...{ kronflow: 1, source: { name: 'gaussian', options: { n: tokens, d: 64, heads: 2 } }, model: {} },
  ...{ caches: caches.map((name) => ({ name, label: name, options: {} })), reference, tokens, seed: 1 },
  ...{ recall: 0, sparsity: null, prompt: 0, memory: null },
  trace: { outputs: false, timings: true, recording: false },
});
const runs = {
  'four-cache, subgen4 and window beside the reference': request(
    700,
    ['four-cache', 'subgen4', 'window'],
    'f64',
  ),
  'windows alone: nothing but small steps': request(12_000, ['window', 'sinks'], 'none'),
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

/** What it costs a run to be watched: processor time of its own process, for a busy machine stretches only the other one. */
export const watching: Measurement = {
  name: 'watching',
  moves: `whole runs of 700 and 12,000 tokens, 2 heads, d 64, one thread, alone and with a page that follows, ${ROUNDS} of each in turn`,
  async run() {
    const findings: Finding[] = [];
    for (const [name, asked] of Object.entries(runs)) {
      const times = { alone: [] as number[], folded: [] as number[], watched: [] as number[] };
      for (let round = -WARMUP; round < ROUNDS; round++) {
        for (const how of ['alone', 'folded', 'watched'] as const) {
          const ms = await oneRun(asked, how);
          if (round >= 0) times[how].push(ms);
        }
      }
      const alone = median(times.alone);
      findings.push(
        judged(
          `${name}: more processor time when a page follows`,
          median(times.watched) / alone - 1,
          'share',
          'most',
          MOST,
        ),
        noted(
          `${name}: more when rows are folded, and nobody looks`,
          median(times.folded) / alone - 1,
          'share',
        ),
        noted(`${name}: alone`, alone, 'ms'),
        noted(
          `${name}: alone, slowest over fastest`,
          Math.max(...times.alone) / Math.min(...times.alone),
          '×',
        ),
      );
    }
    return findings;
  },
};

/** Milliseconds of processor time from the first step to the last. */
async function oneRun(asked: RunRequest, how: 'alone' | 'folded' | 'watched'): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
  const resolved = await resolveRun(asked, nothing());
  const dir = join(folder, 'trace');
  const { d, heads, layers, order } = resolved.config.model;
  const caches = resolved.config.caches.map(({ name, label, options }) => ({
    name,
    label: label ?? name,
    options,
  }));
  const clock = { now: () => performance.now(), left: () => null };
  const run = new WatchedRun({ dir, d, heads, layers, order, caches }, clock);
  const page =
    how === 'watched' ? await watch(run, { attended: false, signal: new AbortController().signal }) : null;
  const client = page === null ? null : await follow(page.url);
  let [start, spent]: [NodeJS.CpuUsage | null, number] = [null, 0];
  await executeRun(resolved, {
    ...{ dir, threads: 1, snapshotEvery: 0, logLevel: 'info', signal: new AbortController().signal },
    onStep(progress) {
      start ??= process.cpuUsage();
      if (how !== 'alone') run.onStep(progress);
    },
    ...(how === 'alone' ? {} : { onRows: run.onRows }),
    onSealing() {
      const { user, system } = process.cpuUsage(start!);
      spent = (user + system) / 1e3;
    },
  });
  run.end('complete');
  await page?.end(() => {});
  client?.kill();
  await rm(folder, { recursive: true });
  return spent;
}

async function follow(url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', CLIENT, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
