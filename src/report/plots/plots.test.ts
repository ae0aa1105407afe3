import { compile, type TopLevelSpec } from 'vega-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../data/testing/folder.js';
import { openTraces, type TraceDb } from '../../query/index.js';
import { answer, contextOf, type Answered, type LeftOut } from '../collect.js';
import { drawSvg, wholeSpec } from '../draw.js';
import { drawToWidth } from '../draw-to-width.js';
import { comparability } from '../groups.js';
import type { Context, Plot } from '../plot.js';
import { game, makeTrace } from '../testing/traces.js';
import { plots } from './index.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Traces, opened for as long as a group of tests runs. */
function opened(make: () => Promise<readonly string[]>, games: readonly object[] = []) {
  const at = {} as { db: TraceDb; context: Context };
  beforeAll(async () => {
    at.db = await openTraces(await make());
    at.context = await contextOf(at.db, games);
  });
  afterAll(() => at.db.close());
  return { ask: (plot: Plot): Promise<Answered | LeftOut> => answer(plot, at.db, at.context), at };
}

function needle(name: string, n: number, position: number): Promise<string> {
  const source = { name: 'needle', options: { n, position } };
  const config = { kronflow: 1, source, caches: [{ name: 'window', label: 'window', options: {} }], seed: 1 };
  return makeTrace(folder.path, name, { steps: n, layers: 1, heads: 1, measured: false }, { config });
}

const one = () => Promise.all([makeTrace(folder.path, 'one', { steps: 24 })]);
const needles = () => Promise.all([needle('n-8', 8, 0.5), needle('n-12', 12, 0.5)]);
const only = (ids: readonly string[]) => plots.filter(({ id }) => ids.includes(id));

/** Shapes and texts that stand for rows: those of axes, titles and legends are no marks. */
function marksIn(svg: string): number {
  const groups = svg.split('<g class="').filter((part) => /^mark-\w+ role-mark/.test(part));
  return groups.reduce((sum, part) => sum + (part.match(/<(path|text)\b/g)?.length ?? 0), 0);
}

/** Symbols that can be seen. */
function pointsIn(svg: string): number {
  const groups = svg.split('<g class="').filter((part) => part.startsWith('mark-symbol role-mark'));
  return groups
    .flatMap((part) => part.match(/<path\b[^>]*>/g) ?? [])
    .filter((path) => !path.includes('opacity="0"')).length;
}

function drawnAs(found: Answered, context: Context, width: number): Promise<string> {
  return drawSvg(wholeSpec(found.plot, found.rows, context, { theme: 'light', width }));
}

describe('a trace with everything', () => {
  const { ask, at } = opened(one, [game]);

  it.each(plots.filter(({ id }) => !['needle', 'perplexity'].includes(id)))(
    '$id: its SQL runs, its spec compiles and leaves marks',
    async (plot) => {
      const found = await ask(plot);
      if ('reason' in found) throw new Error(found.reason);
      expect(found.rows.length).toBeGreaterThan(0);
      const spec = wholeSpec(plot, found.rows, at.context, { theme: 'dark', width: 700 });
      const complaints: string[] = [];
      const say = (...args: readonly unknown[]) => (complaints.push(args.join(' ')), logger);
      const logger = { level: () => logger, error: say, warn: say, info: () => logger, debug: () => logger };
      compile(spec as unknown as TopLevelSpec, { logger: logger as never });
      expect(complaints).toEqual([]);
      const svg = await drawnAs(found, at.context, 700);
      expect(svg).not.toMatch(/NaN|undefined|@\w/);
      expect(marksIn(svg)).toBeGreaterThan(5);
    },
  );

  it.each(plots.filter(({ id }) => !['needle', 'perplexity'].includes(id)))(
    '$id says in words what it shows, with numbers of its rows',
    async (plot) => {
      const found = await ask(plot);
      if ('reason' in found) throw new Error(found.reason);
      const alt = plot.alt(found.rows, at.context);
      expect(alt).toMatch(/^(Lines?|Points|Heat maps|Bars|Areas) .*\d/);
      expect(alt).not.toMatch(/NaN|undefined|null/);
    },
  );

  it('gives the same picture from the same rows', async () => {
    const found = (await ask(only(['pareto'])[0])) as Answered;
    expect(await drawnAs(found, at.context, 700)).toBe(await drawnAs(found, at.context, 700));
  });

  it('finds the powers that were put in: bytes of the four-cache grow like n, as its formula says', async () => {
    const [bytes] = only(['bytes-n']);
    const found = (await ask(bytes)) as Answered;
    expect(bytes.alt(found.rows, at.context)).toContain(
      'four-cache holds 96.0 KiB after 24 tokens (n^1.00 (n))',
    );
    const [time] = only(['time-n']);
    const timed = (await ask(time)) as Answered;
    expect(time.alt(timed.rows, at.context)).toContain('four-cache takes 196 µs at 23 tokens (n^0.55 (n²))');
  });

  it('corrects a claimed ε by the constant of Chebyshev’s inequality', async () => {
    const found = (await ask(only(['bounds'])[0])) as Answered;
    const row = found.rows.find(({ cache }) => cache === 'sg')!;
    expect(Number(row.corrected) / Number(row.claimed)).toBeCloseTo(Math.sqrt(300), 10);
  });
});

describe('repeats', () => {
  const { ask, at } = opened(() =>
    Promise.all(
      [1, 2, 3].map((seed) => {
        const inputs = [{ kind: 'gaussian', seed, n: 12 }]; // as a source that makes its stream up writes them
        return makeTrace(folder.path, `rep-${seed}`, { steps: 12, seed }, { inputs });
      }),
    ),
  );

  it('are one group, with mean and spread', async () => {
    expect(at.context.groups.map(({ name }) => name)).toEqual(['rep × 3']);
    const found = (await ask(only(['pareto'])[0])) as Answered;
    const row = found.rows.find(({ cache }) => cache === 'sg')!;
    expect(row.traces).toBe(3);
    expect(Number(row.error_least)).toBeLessThan(Number(row.error_mean));
    expect(Number(row.error_most)).toBeGreaterThan(Number(row.error_mean));
  });
});

describe('runs of a language model, driven by exact attention and by caches', () => {
  const inputs = [
    { path: 'play.txt', sha256: 'a'.repeat(64) },
    { kind: 'model', name: 'small', sha256: 'b'.repeat(64), windows: true },
  ];
  const caches = [{ name: 'window', label: 'window', options: { size: 8 } }];
  const run = (name: string, driver: string | null, size = 8) => {
    const config = { kronflow: 1, caches: [{ ...caches[0], options: { size } }], drive: driver ?? 'exact' };
    return makeTrace(folder.path, name, { steps: 12, measured: true, driver }, { inputs, config });
  };
  const { ask, at } = opened(() =>
    Promise.all([run('exact', null), run('narrow', 'window'), run('wide', 'window', 9)]),
  );

  it('stand in one panel, by what their drivers held, exact across', async () => {
    const found = (await ask(only(['perplexity'])[0])) as Answered;
    const [{ peak }] = await at.db.objects("select peak_held_bytes as peak from by_cache where trace = 'wide' and cache = 'window'"); // prettier-ignore
    expect(found.rows.map(({ run, cache, held_bytes, tokens }) => [run, cache, held_bytes, tokens])).toEqual([
      ['small, play.txt', 'exact', null, 11],
      ['small, play.txt', 'window, narrow', peak, 11],
      ['small, play.txt', 'window, wide', peak, 11],
    ]);
    expect(found.rows[1].perplexity).toBeCloseTo(2 ** 2.2, 9);
    expect(found.plot.alt(found.rows, at.context)).toContain(
      'driven by window, wide with 32.0 KiB: 2.200 bits',
    );
    const svg = await drawnAs(found, at.context, 700);
    for (const text of ['exact: 2.000', 'window, narrow (81.8 %)', 'window, wide (81.8 %)'])
      expect(svg).toContain(`>${text}</text>`);
    expect(pointsIn(svg)).toBe(2);
    for (const width of [500, 720]) {
      const sized = await drawToWidth(found.plot, found.rows, at.context, {
        theme: 'light',
        width,
        titled: true,
      });
      expect(sized).toMatch(new RegExp(`^<svg [^>]*?width="${width}"`));
    }
  });

  it('go on by position, a line each', async () => {
    const found = (await ask(only(['surprise'])[0])) as Answered;
    expect(found.rows.length).toBe(3 * 11);
    expect(found.plot.alt(found.rows, at.context)).toContain(
      'driven by exact, from 2 at position 1 to 2 at position 11',
    );
    for (const { cache, above_exact } of found.rows)
      expect(above_exact).toBeCloseTo(cache === 'exact' ? 0 : 0.2, 9);
    const svg = await drawnAs(found, at.context, 700);
    for (const text of ['window, narrow', 'bits per token above exact attention'])
      expect(svg).toContain(`>${text}</text>`);
  });

  it('are not compared in their errors: caches of deeper layers saw other rows', () => {
    expect(comparability(at.context.groups)).toEqual([
      'The layers of these runs are driven by different outputs (exact by exact, narrow by window, wide by window): bits per token can be compared, but not errors, for deeper layers see other rows.',
    ]);
  });
});

describe('a trace whose times are known', () => {
  const { ask } = opened(() =>
    Promise.all([makeTrace(folder.path, 'timed', { steps: 12, layers: 1, heads: 1 })]),
  );

  it('shows all work between its first token and its last in the utilisation of threads, and none twice', async () => {
    const found = (await ask(only(['threads'])[0])) as Answered;
    const width = 2 * Number(found.rows[0].seconds);
    const seconds = found.rows.reduce(
      (sum, row) => sum + Number(row.kernels) * width * Number(row.threads),
      0,
    );
    const db = await openTraces([`${folder.path}/timed`]);
    const [{ all }] = await db.objects('select sum(attend_ns) / 1e9 as "all" from steps where step > 0');
    db.close();
    expect(seconds).toBeCloseTo(Number(all), 12);
  });
});

describe('needles', () => {
  const { ask, at } = opened(needles);

  it('are a map over depth and length', async () => {
    const found = (await ask(only(['needle'])[0])) as Answered;
    expect(new Set(found.rows.map(({ length }) => length))).toEqual(new Set([8, 12]));
    expect(marksIn(await drawnAs(found, at.context, 700))).toBeGreaterThanOrEqual(4 * 2 * 2);
  });
});

describe('a trace of one row, without times and measures', () => {
  const { ask, at } = opened(() =>
    Promise.all([
      makeTrace(folder.path, 'row', { steps: 1, layers: 1, heads: 1, measured: false, timed: false }),
    ]),
  );

  it.each(plots)('$id is drawn or says why it is not', async (plot) => {
    const found = await ask(plot);
    if ('reason' in found) return expect(found.reason).toMatch(/[a-z]{3}/);
    expect(await drawnAs(found, at.context, 700)).not.toMatch(/NaN|undefined/);
  });

  it('shows a line of one row as a point', async () => {
    const found = (await ask(only(['error-step'])[0])) as Answered;
    expect(pointsIn(await drawnAs(found, at.context, 700))).toBe(found.rows.length);
  });

  it('leaves out what needs times, and names the column', async () => {
    for (const plot of only(['time-n', 'time-split', 'threads']))
      expect(await ask(plot)).toMatchObject({
        reason: expect.stringMatching(/column \w+_ns of steps is empty or missing/),
      });
  });
});

describe('a trace without a row', () => {
  const { ask } = opened(() => Promise.all([makeTrace(folder.path, 'empty', { steps: 0 })]));

  it.each(plots)('$id is left out with a reason', async (plot) => {
    expect(await ask(plot)).toMatchObject({ reason: expect.stringMatching(/[a-z]{3}/) });
  });
});
