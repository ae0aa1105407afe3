import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { pythonPath, runPython } from '../data/testing/python.js';
import { succeedHere } from '../src/cli/testing/in-process.js';
import { succeed } from '../src/cli/testing/kronflow.js';
import type { Order } from '../src/core/shape.js';
import { everyCache, everyCacheFlags } from './testing/every-cache.js';
import { ORDERS } from './testing/five-caches.js';
import { count, differences, readRun, rowsOf } from './testing/traces.js';

const TOKENS = 24;
const ROWS = TOKENS * 2 * 2; // layers, heads
const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const started = { cwd: folder.path };

beforeAll(() =>
  writeFileSync(at('text.txt'), 'It is what was recorded, and it is what is replayed. '.repeat(4)),
);
afterAll(() => folder.remove());

const replay = (order: Order, recording: string, to: string, ...flags: readonly string[]) => {
  const args = ['replay', recording, ...everyCacheFlags(order), '--outputs', '--threads', '2', '-o', to];
  return succeedHere([...args, ...flags], started);
};

/** Replays are made in this process, what they replay in another. Law L10: not a value differs, and the token ids are there. */
async function same(order: Order, a: string, b: string): Promise<void> {
  for (const table of ['steps', 'outputs']) {
    expect(await rowsOf(at(b), table)).toBe(everyCache(order).length * ROWS);
    expect(await differences(at(a), at(b), table), `${table} of ${a} and ${b}`).toBe(0);
  }
  expect((await readRun(at(a))).result_sha256).toBe((await readRun(at(b))).result_sha256);
}

describe.each(ORDERS)('law L10 in %s order', (order) => {
  const recorded = `${order}-recorded`;

  beforeAll(async () => {
    const model = ['--d', '8', '--heads', '2', '--layers', '2', '--order', order, '--tokens', `${TOKENS}`];
    const args = ['record', 'text.txt', ...model, ...everyCacheFlags(order), '--outputs', '--seed', '7'];
    await succeed([...args, '--scale', '0.5', '-o', recorded], started);
  });

  it('a recording holds every token, layer and head once, side 2 only where it is', async () => {
    const sql = `from '${at(recorded)}/recording.parquet'`;
    expect(await count(`select count(*) ${sql}`)).toBe(ROWS);
    expect(await count(`select count(distinct (stream_id, pos, layer, head)) ${sql}`)).toBe(ROWS);
    expect(await count(`select count(token_id) ${sql}`)).toBe(ROWS);
    const columns = await count(`select count(*) from (describe ${sql}) where column_name in ('k2', 'v2')`);
    expect(columns).toBe(order === 'tensor' ? 2 : 0);
  });

  it('a replay of the file does too, says what it replayed and records nothing itself', async () => {
    await replay(order, join(recorded, 'recording.parquet'), `${order}-file`, '--seed', '7');
    await same(order, recorded, `${order}-file`);
    const run = await readRun(at(`${order}-file`));
    expect(run).toMatchObject({ order, d: 8, heads: 2, layers: 2, scale: 0.5 });
    expect(run.counters).toMatchObject({ read: TOKENS, processed: TOKENS, refused: 0 });
    expect(Object.keys(run.outputs)).not.toContain('recording.parquet');
  });

  it.skipIf(pythonPath === null)('a recording written by pyarrow replays as it is', async () => {
    const file = `${order}-pyarrow.parquet`;
    await runPython(REWRITE, at(join(recorded, 'recording.parquet')), at(file));
    await replay(order, file, `${order}-pyarrow`, '--seed', '7', '--scale', '0.5');
    await same(order, recorded, `${order}-pyarrow`);
  });
});

describe('law L10 for a recording that is a folder', () => {
  it('a replay gives the numbers of the run that recorded it', async () => {
    await replay('tensor', 'tensor-recorded', 'tensor-folder', '--seed', '7');
    await same('tensor', 'tensor-recorded', 'tensor-folder');
  });

  it('a replay with no flags at all is that run: caches, prompt, seed and outputs', async () => {
    const args = ['record', 'text.txt', '--d', '4', '--order', 'matrix', '--tokens', '20', '--prompt', '6'];
    const caches = ['-c', 'window:size=3', '-c', 'subgen4:s=2,t=1'];
    await succeedHere([...args, ...caches, '--seed', '11', '--outputs', '-o', 'prompt'], started);
    await succeed(['replay', 'prompt', '-o', 'again'], started);
    const [run, again] = [await readRun(at('prompt')), await readRun(at('again'))];
    expect(again.result_sha256).toBe(run.result_sha256);
    await succeedHere(['replay', 'prompt', '--prompt', '0', '-o', 'other'], started);
    expect((await readRun(at('other'))).result_sha256).not.toBe(run.result_sha256);
  });

  it('another seed changes only what is random', async () => {
    await replay('tensor', 'tensor-recorded', 'tensor-seed', '--seed', '8');
    const differing = (cache: string) =>
      count(
        `select count(*) from '${at('tensor-recorded')}/steps.parquet' a join '${at('tensor-seed')}/steps.parquet' b ` +
          `using (stream_id, layer, head, cache, step) where cache like '${cache}%' and ` +
          `(a.lse is distinct from b.lse or a.err_rel_l2 is distinct from b.err_rel_l2)`,
      );
    for (const cache of ['four-cache', 'two-cache', 'window']) expect(await differing(cache)).toBe(0);
    expect(await differing('subgen4')).toBeGreaterThan(ROWS / 4);
  });
});

/** The same rows, built from plain lists with the columns and types that the issue names, in small row groups. */
const REWRITE = `
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
rows = pq.read_table(sys.argv[1]).to_pydict()
vector = pa.list_(pa.float32(), 8)
columns = {n: pa.array(rows[n], pa.int64()) for n in ('stream_id', 'pos', 'layer', 'head', 'token_id')}
columns |= {n: pa.array(rows[n], vector) for n in ('q', 'k1', 'k2', 'v1', 'v2') if n in rows}
pq.write_table(pa.table(columns), sys.argv[2], row_group_size=10)
print(json.dumps(None))
`;
