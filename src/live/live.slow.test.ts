import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { openTraces, type TraceDb } from '../query/index.js';
import { contextOf } from '../report/collect.js';
import { plots } from '../report/plots/index.js';
import type { PlotRow } from './message.js';
import { Fold } from './fold.js';
import { liveRowsOf, RUN } from './live-rows.js';
import { ask, follow, startLiveRun, type Heard } from './testing/live-run.js';
import { parseExposition } from './testing/parse-exposition.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('serves its page once, its events to that page, its metrics to a scraper, and ends by itself', async () => {
  const run = await startLiveRun(folder.path);
  const { host, port, pathname } = new URL(run.url);
  const wrong = run.url.replace(/token=./, 'token=_');
  const refusals = [
    await ask(wrong),
    await ask(`http://${host}${pathname}`),
    await ask(`http://${host}/`),
    await ask(run.url, { host: `evil.example:${port}` }),
    await ask(run.url, { origin: 'https://evil.example' }),
    await ask(`http://${host}/metrics`),
    await ask(`http://${host}${pathname}events`),
  ];
  expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 403));
  expect(await ask(run.url, {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET' } });

  const page = await ask(run.url);
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
  const [setCookie] = page.headers['set-cookie']!;
  expect(setCookie).toMatch(/^kronflow=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/[\w-]+\/$/);
  expect((await ask(run.url)).status).toBe(403); // burnt
  const cookie = setCookie.split(';')[0];
  const scripts = [...page.body.matchAll(/(?:src|href)="([\w./-]+)"/g)].map(([, path]) => path);
  expect(scripts).toContain('live/browser/main.js');
  for (const path of [...scripts, 'vega-interpreter.js', 'vega-util.js', 'core/format.js'])
    expect((await ask(`http://${host}${pathname}${path}`, { cookie })).status, path).toBe(200);
  for (const path of ['live/watch.js', '..%2f..%2fpackage.json', 'live/browser/main.js.map'])
    expect((await ask(`http://${host}${pathname}${path}`, { cookie })).status, path).toBe(404);

  run.feed(30);
  const heard = follow(`http://${host}${pathname}events`, cookie);
  expect((await until(heard, ({ message }) => message.state.done >= 10)).message.state.status).toBe(
    'running',
  );
  const metrics = await ask(run.metricsUrl);
  const steps = parseExposition(metrics.body).get('kronflow_steps_total');
  expect(steps?.samples[0].value).toBeGreaterThanOrEqual(10);

  run.feed(60);
  const more = await until(heard, ({ message }) => message.state.done >= 60);
  expect(more.plots.get('error-step')!.length).toBeGreaterThan(60);
  run.end();
  const last = await until(heard, ({ message }) => message.state.status === 'complete');
  expect((await heard.next()).done).toBe(true);
  final = last;
  const { code, stdout } = await run.finished;
  expect(code).toBe(0);
  expect(stdout).toContain('The trace is in trace');
});

let final: Heard | null = null;

/** The first that is so. @throws when the events end before */
async function until(heard: AsyncGenerator<Heard>, ok: (heard: Heard) => boolean): Promise<Heard> {
  for (;;) {
    const next = await heard.next();
    if (next.done === true) throw new Error('the events ended');
    if (ok(next.value)) return next.value;
  }
}

describe('the last rows of the page are those of the report', () => {
  let db: TraceDb;
  beforeAll(async () => (db = await openTraces([`${folder.path}/trace`])));
  afterAll(() => db.close());

  it.each([...liveRowsOf(new Fold(), () => null).keys()])('%s', async (id) => {
    const plot = plots.find((one) => one.id === id)!;
    const sql = plot.sql(await contextOf(db)) as string;
    const wanted = (await db.objects(sql)).map((row) => ({ ...row, run: RUN }) as PlotRow);
    const found = final!.plots.get(id) ?? [];
    expect(found.length).toBeGreaterThan(0);
    const [x] = ['n', 'step', 'cache'].filter((key) => key in found[0]);
    let compared = 0;
    for (const row of found) {
      const twin = wanted.find((other) => other.cache === row.cache && String(other[x]) === String(row[x]));
      if (id === 'time-n' && !(row.tokens === 1 && Number(twin?.tokens) === 1)) continue; // other bins, alike at the start
      for (const [name, value] of Object.entries(row)) expectNear(value, twin?.[name], `${id} ${name}`);
      compared++;
    }
    expect(compared).toBeGreaterThan(1);
    const end = (rows: readonly PlotRow[]) => Math.max(...rows.map((row) => Number(row[x])));
    if (id !== 'time-n' && x !== 'cache') expect(end(found)).toBe(end(wanted));
    expect(Object.keys(found[0]).sort()).toEqual(Object.keys(wanted[0]).sort());
  });
});

/** Quantiles come from buckets of a sixteenth of a decade. */
function expectNear(value: PlotRow[string], wanted: unknown, what: string): void {
  if (typeof value !== 'number' || typeof wanted === 'string') return expect(value, what).toEqual(wanted);
  expect(Math.abs(Math.log10((value + 1e-9) / (Number(wanted) + 1e-9))), what).toBeLessThan(1 / 16);
}
