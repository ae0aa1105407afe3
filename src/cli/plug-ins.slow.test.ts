import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sealTrace } from '../../data/sinks/seal.js';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { lintTrace } from '../../pipelines/lint/lint-trace.js';
import { readRun } from '../../pipelines/testing/traces.js';
import { verifyTraces } from '../../pipelines/verify.js';
import { kronflow, succeed } from './testing/kronflow.js';

const folder = temporaryFolder();
const cwd = folder.path;
const start = { cwd };
afterAll(() => folder.remove());

/** A file of plug-ins as a user writes it, in JavaScript, against the installed package. */
const PLUGINS = `
import { appendFileSync } from 'node:fs';
import { map } from 'rxjs';
import { z } from 'zod';
import { defineCache, defineOperator, defineSink, defineSource } from 'kronflow';
import { caches } from 'kronflow/operators';

const window = caches.find(({ spec }) => spec.name === 'window');
const size = z.int().positive().default(4).describe('tokens kept');

export const mine = defineCache(
  { ...window.spec, name: 'mine', summary: 'a window of mine', options: z.object({ size, failAt: z.int().default(-1), why: z.string().default('throws') }) },
  ({ size, failAt, why }, parts) => {
    const inner = window({ size }).create(parts);
    let n = 0;
    return {
      ...inner,
      append(entry) {
        if (n++ === failAt && why === 'throws') throw new Error('no more of this');
        inner.append(why === 'nan' && n > failAt && failAt >= 0 ? { ...entry, v1: entry.v1.map(() => NaN) } : entry);
      },
    };
  },
);

export const ring = defineCache({ ...window.spec, name: 'my-ring' }, (options, parts) => window(options).create(parts));

export const scores = defineOperator(
  { name: 'largest-score', summary: 'the largest exact score', paper: null, options: z.object({ every: z.int().default(2), breakAt: z.int().default(-1) }), after: 'compare' },
  ({ every, breakAt }) =>
    map((event) => {
      if (event.step === breakAt) event.nothing.here;
      if (event.exact === null || event.step % every > 0) return event;
      const key = { stream_id: event.streamId, layer: event.layer, cache: null, step: event.step, name: 'largest-score', x: null };
      const measures = event.exact.map(({ maxScore }, head) => ({ ...key, head, value: maxScore }));
      return { ...event, rows: [...event.rows, { measures }] };
    }),
);

export const counting = defineSource(
  { name: 'counting', summary: 'ids that count', paper: null, options: z.object({ n: z.int().default(6), spoil: z.int().default(-1) }), brings: 'tokens' },
  ({ n, spoil }) => ({
    kind: 'tokens',
    streams: 1,
    describe: async () => ({ kind: 'counting', n }),
    count: async (limit) => Math.min(n, limit),
    async *open() {
      for (let step = 0; step < n; step++) {
        yield { streamId: 0, step: step === spoil ? 9 : step, pos: step, tokenId: step, prefill: false };
      }
    },
  }),
);

export const lines = defineSink(
  { name: 'lines', summary: 'one line a step', paper: null, options: z.object({ path: z.string(), fullAt: z.int().default(-1) }) },
  async ({ path, fullAt }, { from }) => {
    appendFileSync(path, 'open ' + from + '\\n');
    let n = 0;
    return {
      async write({ steps = [] }) {
        if (n++ === fullAt) throw new Error('queue is full');
        await new Promise((resolve) => setTimeout(resolve, 1));
        appendFileSync(path, 'step ' + steps[0].step + ', ' + steps.length + ' rows\\n');
      },
      close: async () => appendFileSync(path, 'closed\\n'),
    };
  },
);
`;

beforeAll(() => {
  writeFileSync(join(cwd, 'mine.mjs'), PLUGINS);
  mkdirSync(join(cwd, 'node_modules'));
  const installed = (name: string, path: string) =>
    symlinkSync(fileURLToPath(new URL(path, import.meta.url)), join(cwd, 'node_modules', name));
  installed('kronflow', '../..');
  for (const name of ['rxjs', 'zod']) installed(name, `../../node_modules/${name}`);
});

const run = (out: string, ...more: string[]) => [
  ...['run', '--source', './mine.mjs#counting', '--d', '4', '--threads', '1', '--timings', 'off', '-o', out],
  ...['-c', 'four-cache', '-c', './mine.mjs#mine:size=3', ...more],
];

/** Rows by table of a trace in which no law is broken. */
async function soundRows(name: string) {
  const { rows, findings } = await lintTrace(join(cwd, name));
  expect(findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
  return rows;
}

const written = (name: string) => readFileSync(join(cwd, name), 'utf8').trim().split('\n');

it('runs a cache, an operator, a source and a sink from a file, and the trace holds all of them', async () => {
  const more = ['--operator', './mine.mjs#scores:every=3', '--operator', 'mass-by-position:every=2,bins=2'];
  await succeed(run('out', ...more, '--sink', './mine.mjs#lines:path=rows.txt', '--heads', '1'), start);
  const { config, inputs, result_sha256 } = await readRun(join(cwd, 'out'));
  expect(config).toMatchObject({
    source: { name: './mine.mjs#counting', options: { n: 6, spoil: -1 } },
    caches: [
      { name: 'four-cache' },
      { name: './mine.mjs#mine', label: 'mine', options: { size: 3, failAt: -1 } },
    ],
    operators: [{ name: './mine.mjs#scores', options: { every: 3 } }, { name: 'mass-by-position' }],
    sinks: [{ name: './mine.mjs#lines', options: { path: 'rows.txt' } }],
  });
  expect(inputs).toMatchObject([
    { kind: 'counting', n: 6 },
    ...['counting', 'mine', 'scores', 'lines'].map((name) => ({
      ...{ kind: 'plugin', name: `./mine.mjs#${name}`, path: './mine.mjs' },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })),
  ]);
  const counts = 'select name, step::int as step, count(*)::int as n, sum(value) as total';
  const measured = await queryDuckDB(
    `${counts} from '${cwd}/out/measures.parquet' group by all order by all`,
  );
  expect(measured.map(({ name, step, n }) => [name, step, n])).toEqual([
    ...[0, 3].map((step) => ['largest-score', step, 1]),
    ...['mass-side1', 'mass-side2'].flatMap((name) =>
      [0, 2, 4].map((step) => [name, step, step === 0 ? 1 : 2]),
    ),
  ]);
  for (const { name, total } of measured)
    if (String(name).startsWith('mass')) expect(total).toBeCloseTo(1, 5);
  expect(written('rows.txt')).toEqual([
    'open 0',
    ...[0, 1, 2, 3, 4, 5].map((step) => `step ${step}, 2 rows`),
    'closed',
  ]);
  expect(await soundRows('out')).toMatchObject({ steps: 12, events: 0, measures: 12 });

  await succeed(run('again', ...more, '--sink', './mine.mjs#lines:path=rows2.txt', '--heads', '1'), start);
  expect((await readRun(join(cwd, 'again'))).result_sha256).toBe(result_sha256);
  expect(await succeed(['verify', 'out', 'again'], start)).toContain('measures');
});

it('calls a cache by the name its plug-in gives itself: in run, report, compare, the Index game and a pipeline file', async () => {
  const named = ['-c', './mine.mjs#ring'];
  const source = ['--source', 'gaussian:n=12,d=4'];
  await succeed(['run', ...source, ...named, '-o', 'named'], start);
  writeFileSync(
    join(cwd, 'named.yaml'),
    'kronflow: 1\nsource: { name: text, path: none }\ncaches: [{ name: two-cache }]\n',
  );
  await succeed(['run', 'named.yaml', ...source, ...named, '-o', 'named-file'], start);
  for (const dir of ['named', 'named-file']) {
    const { config } = await readRun(join(cwd, dir));
    expect(config).toMatchObject({ caches: [{ name: './mine.mjs#ring', label: 'my-ring' }] });
  }
  await succeed(['report', 'named', '-o', 'named.html'], start);
  const page = readFileSync(join(cwd, 'named.html'), 'utf8');
  expect(page).toMatch(/<th scope="row">(?:<[^<]*>)*my-ring<\/th>/); // of the summary
  expect(page).toContain('my-ring (./mine.mjs#ring'); // of the facts
  const table = await succeed(['compare', ...source, ...named, '--budget', '1KiB', '-o', 'fair'], start);
  expect(table).toMatch(/│ my-ring +│/);
  expect(table).toMatch(/│ random/); // the lines stand beside it
  expect(await succeed(['index-game', '--n', '8', ...named], start)).toMatch(/│ my-ring +│/);
});

it('says how to make a module of a file that Node takes for CommonJS, as in a folder that npm init made', async () => {
  mkdirSync(join(cwd, 'old'));
  writeFileSync(join(cwd, 'old/package.json'), '{"type":"commonjs"}');
  writeFileSync(join(cwd, 'old/import.js'), "import { defineCache } from 'kronflow';\n");
  writeFileSync(join(cwd, 'old/export.js'), 'export const mine = 3;\n');
  for (const name of ['import', 'export']) {
    const { code, stderr } = await kronflow(['help', 'cache', `./old/${name}.js#mine`], start);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`SyntaxError.*\\n {2}hint: call it ${name}\\.mjs, or write "type": "module"`),
    );
  }
});

it('ends a run cleanly when a plug-in fails, and says which, where and why', async () => {
  const cases = [
    [
      ['-c', './mine.mjs#mine:failAt=2,label=b'],
      /cache b \(\.\/mine\.mjs#mine\), stream 0, layer 0, head 0, step 2: append: no more of this \(mine\.mjs:\d+:\d+\)/,
    ],
    [['-c', './mine.mjs#mine:failAt=2,why=nan,label=b'], /cache b .*, step 2: its answer: TypeError: NaN/],
    [
      ['--operator', './mine.mjs#scores:breakAt=3'],
      /operator \.\/mine\.mjs#scores, stream 0, layer 0, step 3: it threw: TypeError: .* \(mine\.mjs:\d+:\d+\)/,
    ],
    [['--sink', './mine.mjs#lines:path=full.txt,fullAt=2'], /sink \.\/mine\.mjs#lines: write: queue is full/],
  ] as const;
  for (const [i, [more, says]] of cases.entries()) {
    const { code, stderr } = await kronflow(run(`failed-${i}`, ...more), start);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
    const { status, error } = await readRun(join(cwd, `failed-${i}`));
    expect([status, error]).toEqual(['failed', expect.stringMatching(says)]);
    expect(await sealTrace(join(cwd, `failed-${i}`))).toMatchObject({ already: false, cuts: [] });
  }
  expect(written('full.txt').at(-1)).toBe('closed');
  const spoilt = run('spoilt').map((word) => (word.endsWith('#counting') ? `${word}:spoil=4` : word));
  expect((await kronflow(spoilt, start)).stderr).toMatch(
    /source \.\/mine\.mjs#counting: step 4 that it brought .*: step 9 of stream 0/,
  );
});

it('goes on without a cache that fails where asked to', async () => {
  const more = ['-c', './mine.mjs#mine:failAt=2,label=b', '--on-error', 'skip'];
  const said = await succeed(run('skipped', ...more), start);
  expect(said).toMatch(
    /\nwarning: b was dropped at stream 0, step 2, and has no rows from there on: .*no more of this/,
  );
  const rows = await queryDuckDB(
    `select cache, count(*)::int as n from '${cwd}/skipped/steps.parquet' group by all order by all`,
  );
  expect(rows).toEqual([
    { cache: './mine.mjs#mine:size=3', n: 12 },
    { cache: 'b', n: 4 },
    { cache: 'four-cache', n: 12 },
  ]);
  expect((await readRun(join(cwd, 'skipped'))).execution.dropped_caches).toMatchObject([
    { cache: 'b', step: 2 },
  ]);
  await soundRows('skipped');
});

it('replays what was recorded with the same plug-ins, and refuses them once their file was changed', async () => {
  await succeed(run('recorded', '--operator', './mine.mjs#scores').with(0, 'record'), start);
  await succeed(['replay', 'recorded', '--threads', '1', '--timings', 'off', '-o', 'replayed'], start);
  const verified = await verifyTraces(join(cwd, 'recorded'), join(cwd, 'replayed'));
  expect(verified).toMatchObject({ difference: null, compared: { measures: expect.any(Number) } });
  writeFileSync(join(cwd, 'mine.mjs'), `${PLUGINS}\n// changed\n`);
  const { code, stderr } = await kronflow(['replay', 'recorded', '-o', 'other'], start);
  writeFileSync(join(cwd, 'mine.mjs'), PLUGINS);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/plug-in \.\/mine\.mjs was changed since recorded was made/),
  ]);
});
