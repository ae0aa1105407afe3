import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { queryDuckDB } from '../../data/testing/duckdb.js';
import { temporaryFolder } from '../../data/testing/folder.js';
import { inlinePool } from '../../workers/inline-pool.js';
import { executeRun } from '../execute.js';
import { lintTrace } from '../lint/lint-trace.js';
import { builtIn, type Registry } from '../registry.js';
import { resolveRun, type RunRequest } from '../resolve.js';
import { summarise } from '../summarise.js';
import { rowsOf } from '../testing/traces.js';
import { request } from '../testing/small-run.js';
import { failing, FAULTS } from './testing/failing-cache.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const registry: Registry = { ...builtIn, caches: [...builtIn.caches, failing] };
const source = { name: 'gaussian', options: { n: 6, d: 4, heads: 2, layers: 2 } };
const asked = (fault: string, more: Partial<RunRequest> = {}) =>
  request(source, {}, [['four-cache'], ['failing', { fault }]], { recall: 1, ...more });

async function execute(name: string, wanted: RunRequest, snapshotEvery = 1) {
  const dir = join(folder.path, name);
  const resolved = await resolveRun(wanted, nothing(), registry);
  const quiet = { threads: 1, kernel: 'reference', logLevel: 'silent', onStep: () => {} } as const;
  const { signal } = new AbortController();
  return executeRun(resolved, {
    dir,
    ...quiet,
    snapshotEvery,
    signal,
    pool: ({ arena }) => inlinePool(arena),
  });
}
async function* nothing(): AsyncGenerator<Uint8Array> {}

const SAYS: Readonly<Record<string, RegExp>> = {
  outOfRange: /certify: outOfRange is broken \(failing-cache/,
  later: /append returned object/,
  'no-plan': /its plan is no \{ jobs/,
  'no-job': /job 0 of its plan is none of grid, rows/,
  narrow: /values of 1 numbers, where d = 4/,
  short: /keys with . values/,
  astray: /beyond the shared memory/,
  nan: /its answer: TypeError: NaN/,
  'half-census': /census gave kept1 = 1.5/,
  'text-bound': /certify gave string/,
  'no-census': /census: TypeError/,
};

describe.each(FAULTS)('a cache whose fault is %s', (fault) => {
  const step = fault === 'append' || fault === 'snapshot' ? 3 : 2;

  it('ends the run with its name, where it was and what it said, and leaves what was done', async () => {
    const dir = join(folder.path, `${fault}-stop`);
    const failure = await execute(`${fault}-stop`, asked(fault)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'Failure', code: 'plugin-failed' });
    const { what, hint } = failure as { what: string; hint: string };
    expect(what).toMatch(/^cache failing, stream 0, layer [01], head 1, step \d+: /);
    expect(what).toContain(`step ${step}: `);
    expect(what).toMatch(SAYS[fault] ?? new RegExp(`${fault}: ${fault} is broken \\(failing-cache`));
    expect(hint).toContain('--on-error skip');
    expect(hint).toContain(`kronflow seal ${dir}`);
  });

  it('is dropped where the run goes on: the others have every row, and the trace says so', async () => {
    const { run } = await execute(`${fault}-skip`, asked(fault, { onError: 'skip' }));
    const dir = join(folder.path, `${fault}-skip`);
    expect(run.status).toBe('complete');
    expect(run.counters).toMatchObject({ read: 6, processed: 6, refused: 0 });
    const steps = await queryDuckDB(
      `select cache, count(*)::int as n, max(step)::int as last from '${dir}/steps.parquet' group by all order by all`,
    );
    const kept = { cache: 'failing', n: 4 * step, last: step - 1 };
    expect(steps).toEqual([kept, { cache: 'four-cache', n: 24, last: 5 }]);
    expect(await rowsOf(dir, 'outputs')).toBe(24 + 4 * step);
    expect(await queryDuckDB(`select kind, step::int as step from '${dir}/events.parquet'`)).toEqual([
      { kind: 'cache-dropped', step },
    ]);
    expect(run.execution.dropped_caches).toMatchObject([{ cache: 'failing', stream_id: 0, step }]);
    expect((await lintTrace(dir)).findings.filter(({ severity }) => severity === 'broken')).toEqual([]);
    expect((await summarise(dir)).caches.map(({ cache }) => cache)).toContain('four-cache');
    const { charged, released, used } = run.execution.ledger_bytes as Record<string, number>;
    expect(charged - released).toBe(used);
  });
});

it('refuses a cache that cannot be made before anything is written', async () => {
  for (const onError of ['stop', 'skip'] as const) {
    await expect(execute('unmade', asked('create', { onError }))).rejects.toMatchObject({
      code: 'plugin-failed',
      what: expect.stringMatching(/^cache failing: create: create is broken/),
    });
  }
});

it('stops when no cache is left', async () => {
  const wanted = request(source, {}, [['failing', { fault: 'append' }]], { onError: 'skip' });
  await expect(execute('none-left', wanted)).rejects.toMatchObject({
    code: 'plugin-failed',
    hint: expect.stringContaining('no cache is left'),
  });
});

it('does not blame a cache for what the budget refuses', async () => {
  const wanted = { ...asked('append', { onError: 'skip' }), memory: 1500, tokens: null };
  await expect(execute('full', wanted)).rejects.toMatchObject({ code: 'out-of-memory' });
});
