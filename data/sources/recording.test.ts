import { Int8, Uint32, Utf8 } from 'apache-arrow';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordedStep } from '../../src/core/event.js';
import { collect, tempFolder, timesOpen } from './testing/bytes.js';
import {
  CONTAINERS,
  makeRows,
  openSource,
  replay,
  sourceOf,
  toTable,
  vector,
  type Row,
} from './testing/recordings.js';

const FORMATS = Object.keys(CONTAINERS) as (keyof typeof CONTAINERS)[];

/** What `makeRows` recorded, as steps. */
function expectSteps(steps: readonly RecordedStep[], { layers = 2, heads = 3, d = 4 } = {}) {
  for (const { streamId: stream_id, pos, layers: found } of steps) {
    expect(found).toHaveLength(layers);
    found.forEach((rows, layer) => {
      (['q', 'k1', 'k2', 'v1', 'v2'] as const).forEach((name, column) => {
        const wanted = Array.from({ length: heads }, (_, head) =>
          vector({ stream_id, pos, layer, head }, column, d),
        );
        expect(Array.from(rows[name]!)).toEqual(wanted.flat());
      });
    });
  }
}

describe.each(FORMATS)('recording source, %s', (format) => {
  it('replays what was recorded', async () => {
    const { source } = await sourceOf(makeRows({ n: 9, streams: 2 }), {}, format);
    const steps = await collect(source.open());
    expect(
      steps.map(({ streamId, step, pos, tokenId, prefill }) => [streamId, step, pos, tokenId, prefill]),
    ).toEqual(Array.from({ length: 18 }, (_, i) => [i % 2, i >> 1, i >> 1, (i >> 1) + 100, false]));
    expectSteps(steps);
  });

  it('tells its shape from the first step, and what it is', async () => {
    const { path, source } = await sourceOf(makeRows({ n: 5 }), {}, format);
    expect(await source.shape()).toEqual({ layers: 2, heads: 3, d: 4, order: 'tensor', scale: null });
    const bytes = await readFile(path);
    expect(await source.describe()).toEqual({
      path,
      format,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      rows: format === 'parquet' ? 30 : null,
    });
    expect([await source.count(100), await source.count(3)]).toEqual(
      format === 'parquet' ? [5, 3] : [null, null],
    );
  });

  it('tells its shape from the metadata alone when they say everything', async () => {
    const said = { layers: '2', heads: '3', d: '4', order: 'tensor', scale: '0.125', version: '1' };
    const metadata = new Map(Object.entries(said).map(([key, value]) => [`kronflow.${key}`, value]));
    const rows = makeRows().map((row) => ({ ...row, head: 0 })); // not a recording: nobody may look
    const { source } = await sourceOf(rows, { metadata }, format);
    expect(await source.shape()).toEqual({ layers: 2, heads: 3, d: 4, order: 'tensor', scale: 0.125 });
    const partly = await sourceOf(makeRows(), { metadata: new Map([['kronflow.scale', '-0.5']]) }, format);
    expect(await partly.source.shape()).toMatchObject({ heads: 3, scale: -0.5 }); // as --scale -0.5 writes it
  });

  it('takes lists of float and of double, as pandas, polars and DuckDB write them', async () => {
    for (const lists of ['list', 'double'] as const) {
      const { source } = await sourceOf(makeRows(), { lists }, format);
      expect(await source.shape()).toMatchObject({ d: 4, heads: 3 });
      expectSteps(await collect(source.open()));
    }
  });

  it('is in matrix order without k2 and v2, absent or null', async () => {
    const absent = makeRows({ order: 'matrix' });
    for (const rows of [absent, absent.map((row) => ({ ...row, k2: null, v2: null }))]) {
      const { source } = await sourceOf(rows, {}, format);
      expect(await source.shape()).toMatchObject({ order: 'matrix' });
      const [step] = await collect(source.open());
      expect([step.layers[0].k2, step.layers[1].v2]).toEqual([null, null]);
      expect(step.layers[0].v1[0]).toBe(vector({ stream_id: 0, pos: 0, layer: 0, head: 0 }, 2, 4)[0]);
    }
  });

  it('reads on only when asked, and closes the file when the reader stops', async () => {
    const rows = makeRows({ n: 600 });
    (rows[3590] as Record<string, unknown>).q = [NaN, 0, 0, 0]; // 1024 rows are read at a time at most
    const { path, source } = await sourceOf(rows, { batch: 32 }, format);
    const held: (number | null)[] = [];
    for await (const { step } of source.open()) {
      held.push(await timesOpen(path));
      if (step === 2) break;
    }
    held.push(await timesOpen(path));
    if (held[0] !== null) expect(held).toEqual([1, 1, 1, 0]);
    await source.shape();
    await source.describe();
    await expect(collect(source.open())).rejects.toThrow('NaN');
    expect((await timesOpen(path)) ?? 0).toBe(0);
  });
});

describe('recording source', () => {
  it('reads the recording of a trace folder', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'recording.parquet'), CONTAINERS.parquet(toTable(makeRows())));
    const source = openSource(folder);
    expect(await source.count(99)).toBe(4);
    expectSteps(await collect(source.open()));
    expect(await source.describe()).toMatchObject({ path: join(folder, 'recording.parquet') });
  });

  it('takes the rows of a step in any order', async () => {
    const rows = makeRows({ n: 3 });
    const shuffled = [0, 1, 2].flatMap((pos) => [5, 0, 3, 1, 4, 2].map((i) => rows[pos * 6 + i]));
    expectSteps(await replay(shuffled));
    expectSteps(await replay(shuffled, { batch: 100 }));
  });

  it('hands on views of rows that lie in order in one batch', async () => {
    const [first, second] = await replay(makeRows(), { batch: 100 });
    expect(first.layers[0].q.buffer).toBe(second.layers[1].q.buffer);
    const [split] = await replay(makeRows(), { batch: 2 });
    expect(split.layers[0].q).toHaveLength(12);
  });

  it('numbers steps by stream, whatever the positions', async () => {
    const rows = [
      [0, 10],
      [7, 0],
      [7, 5],
      [0, 20],
    ].flatMap(([stream_id, pos]) => makeRows({ n: 1 }).map((row) => ({ ...row, stream_id, pos })));
    const steps = await replay(rows);
    expect(steps.map(({ streamId, step, pos }) => [streamId, step, pos])).toEqual([
      [0, 0, 10],
      [7, 0, 0],
      [7, 1, 5],
      [0, 1, 20],
    ]);
  });

  it('gives a step with its last row, before it reads the next one', async () => {
    const rows = makeRows({ n: 3 }).map((row) => (row.pos === 2 ? { ...row, q: [NaN, 0, 0, 0] } : row));
    const { source } = await sourceOf(rows, { batch: 6 }); // a batch a step
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { pos } of source.open()) seen.push(pos);
    })();
    await expect(reading).rejects.toThrow('row 12 (from 0), column q holds NaN');
    expect(seen).toEqual([0, 1]);
  });

  it('takes ids of any integer type, null token ids, and columns it does not know', async () => {
    const rows: Row[] = makeRows().map((row) => ({ ...row, token_id: null, t_ns: 5, text: null }));
    const types = { layer: new Int8(), head: new Uint32(), text: new Utf8(), pos: new Int8() };
    const steps = await replay(rows, { types });
    expect(steps.map(({ tokenId }) => tokenId)).toEqual([null, null, null, null]);
    expectSteps(steps);
    const [{ tokenId }] = await replay(makeRows().map(({ token_id: _, ...row }) => row));
    expect(tokenId).toBeNull();
  });

  it('keeps folders and missing recordings apart', async () => {
    const folder = join(await tempFolder(), 'trace');
    await mkdir(folder);
    await expect(openSource(folder).shape()).rejects.toMatchObject({
      code: 'not-found',
      what: `the folder ${folder} has no recording.parquet`,
    });
    await expect(openSource(`${folder}x`).shape()).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringContaining('"trace"'),
    });
  });
});
