import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { traceBatches, writeTrace } from '../../query/testing/traces.js';
import { layerSpans } from './spans.js';
import type { TimedRow } from './step-rows.js';
import { writeTimeline } from './write-timeline.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

interface Event {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid?: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, number | string>>;
}

const row = (more: Partial<TimedRow>): TimedRow => ({
  ...{ stream: 0, layer: 0, head: 0, cache: 'a', step: 0, prefill: false, held: 0 },
  ...{ t: 1000, update: 10, plan: 20, queue: 30, attend: 100, ...more },
});
const laid = (rows: readonly TimedRow[], after: number) =>
  layerSpans(rows, after).map(({ row, name, start, end }) => [row.cache, name, start, end]);

describe('layerSpans', () => {
  it('lays work backwards from when the rows were made', () => {
    expect(laid([row({}), row({ cache: 'b', queue: 130, attend: 50 })], 0)).toEqual([
      ['a', 'update', 760, 770],
      ['b', 'update', 770, 780],
      ['a', 'plan', 780, 800],
      ['b', 'plan', 800, 820],
      ['a', 'queue', 820, 850],
      ['b', 'queue', 820, 950],
      ['a', 'attend', 850, 950],
      ['b', 'attend', 950, 1000],
    ]);
  });

  it('cuts what does not fit, and nothing begins before the rows before were made', () => {
    expect(laid([row({})], 900)).toEqual([
      ['a', 'update', 900, 900],
      ['a', 'plan', 900, 900],
      ['a', 'queue', 900, 930],
      ['a', 'attend', 930, 1000],
    ]);
  });

  it('knows prompts, which are not answered', () => {
    expect(laid([row({ plan: null, queue: null, attend: null })], 0)).toEqual([['a', 'update', 990, 1000]]);
  });
});

async function timeline(dir: string, name: string, limits = { events: 1e5, bytes: 20 << 20 }) {
  const path = join(folder.path, name);
  const { note, events, stride } = await writeTimeline(dir, path, limits);
  const json = JSON.parse(readFileSync(path, 'utf8')) as {
    traceEvents: Event[];
    otherData: { note: string };
  };
  expect(json.otherData.note).toBe(note);
  expect(json.traceEvents.at(-1)).toMatchObject({ ph: 'M', name: 'process_labels', args: { labels: note } });
  return { all: json.traceEvents.slice(0, -1), note, events, stride, bytes: statSync(path).size };
}

describe('writeTimeline', () => {
  it('gives lanes that are named and do not overlap, in order of time, and counters of bytes', async () => {
    const batches = traceBatches(8).map(({ steps }) => ({ steps: steps! }));
    const dir = await writeTrace(folder.path, 'trace', batches);
    const { all, note, events } = await timeline(dir, 'all.json');
    expect(all).toHaveLength(events);
    expect(note).toMatch(/^all 16 tokens\./);
    const timed = all.filter(({ ph }) => ph !== 'M');
    const names = all.filter(({ name }) => name === 'thread_name');
    const named = names.map(({ pid, tid }) => `${pid}/${tid}`);
    const ends = new Map<string, number>();
    let before = 0;
    for (const { ph, pid, tid, ts, dur } of timed.filter(({ ph }) => ph === 'X')) {
      const lane = `${pid}/${tid}`;
      expect(named).toContain(lane);
      expect([ph, ts >= (ends.get(lane) ?? 0) - 1e-6, dur >= 0], lane).toEqual(['X', true, true]);
      if (pid > 0) expect(ts).toBeGreaterThanOrEqual(before); // in order within what caches do
      if (pid > 0) before = ts;
      ends.set(lane, ts + dur);
    }
    const rows = batches.flatMap(({ steps }) => steps);
    const updates = timed.filter(({ name }) => name === 'update');
    expect(updates).toHaveLength(rows.length);
    const total = updates.reduce(
      (sum, { dur, args }) => sum + Number(args.measured_ns ?? 1e3 * dur) / 1e3,
      0,
    );
    expect(total).toBeCloseTo(
      rows.reduce((sum, { update_ns }) => sum + Math.round(update_ns!) / 1e3, 0),
      3,
    );
    const last = rows.filter(({ cache, step }) => cache === 'full' && step === 7);
    const held = last.reduce(
      (sum, { resident_bytes, metadata_bytes }) => sum + resident_bytes + metadata_bytes,
      0,
    );
    expect(timed.filter(({ ph, pid }) => ph === 'C' && pid === 1).at(-1)?.args.bytes).toBe(held);
  });

  it('keeps whole tokens within both limits, and says which', async () => {
    const batches = traceBatches(50).map(({ steps }) => ({ steps: steps! }));
    const dir = await writeTrace(folder.path, 'long', batches);
    const few = await timeline(dir, 'few.json', { events: 300, bytes: 1 << 20 });
    expect(few.all.length).toBeLessThanOrEqual(400);
    expect(few.note).toMatch(
      new RegExp(`^1 token in ${few.stride}, ${Math.ceil(100 / few.stride)} of 100\\.`),
    );
    const steps = few.all.filter(({ name }) => /^(step|prompt) \d+$/.test(name));
    expect(few.all.filter(({ name }) => name === 'update')).toHaveLength(4 * steps.length);
    const small = await timeline(dir, 'small.json', { events: 1e5, bytes: 30_000 });
    expect(small.bytes).toBeLessThanOrEqual(30_000);
    expect(small.bytes).toBeGreaterThan(10_000);
  });

  it('refuses a trace without times, and limits that nothing fits', async () => {
    const batches = traceBatches(3).map(({ steps }) => ({
      steps: steps!.map((step) => ({ ...step, t_ns: null })),
    }));
    const untimed = await writeTrace(folder.path, 'untimed', batches);
    const output = join(folder.path, 'none.json');
    const limits = { events: 1e5, bytes: 1e6 };
    await expect(writeTimeline(untimed, output, limits)).rejects.toMatchObject({ code: 'bad-trace', hint: expect.stringContaining('--timings on') }); // prettier-ignore
    await expect(writeTimeline(join(folder.path, 'trace'), output, { events: 5, bytes: 1e6 })).rejects.toMatchObject({ code: 'bad-option' }); // prettier-ignore
    expect(existsSync(output)).toBe(false);
  });
});
