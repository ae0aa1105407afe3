import { Field, FixedSizeList, Float16, Int32 } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../sources/testing/bytes.js';
import {
  CONTAINERS,
  makeRows,
  replay,
  toTable,
  type Lists,
  type Row,
} from '../sources/testing/recordings.js';
import { halfBits } from './testing/arrays.js';
import { importSteps, importTable } from './testing/imports.js';

const SCALE = { scale: '1' };
const renameAll = (rows: readonly Row[], names: Record<string, string>) =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [names[key] ?? key, value])),
  );
const jsonl = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const EXTENSION = { parquet: 'parquet', 'arrow-file': 'arrow', 'arrow-stream': 'arrows' };
const shapes = [
  { n: 4, streams: 2, layers: 2, heads: 3, d: 4 },
  { order: 'matrix' },
  { n: 1, layers: 1, heads: 1, d: 1 },
];

describe.each(Object.keys(CONTAINERS) as (keyof typeof CONTAINERS)[])('rows in %s', (format) => {
  it.each(shapes)('are imported whole: %o', async (shape) => {
    const rows = makeRows(shape);
    const wanted = await replay(rows);
    for (const lists of ['fixed', 'list', 'double'] as Lists[])
      for (const output of ['out.arrow', 'out.parquet']) {
        const bytes = CONTAINERS[format](toTable(rows, { lists }));
        const { steps, done } = await importSteps({ [`rows.${EXTENSION[format]}`]: bytes }, SCALE, output);
        expect(steps).toEqual(wanted);
        expect(done.rows).toBe(rows.length);
      }
  });

  it('under other names, and without stream, layer and head', async () => {
    const rows = makeRows({ layers: 1, heads: 1, order: 'matrix' });
    const bare = rows.map(({ pos, q, k1, v1 }) => ({ position: pos, query: q, ks: k1, value: v1, note: 7 }));
    const file = {
      [`rows.${EXTENSION[format]}`]: CONTAINERS[format](
        toTable(bare, { lists: 'list', types: { position: new Int32(), note: new Int32() } }),
      ),
    };
    const { steps, done } = await importSteps(file, { ...SCALE, map: 'k1=ks' });
    const wanted = await replay(rows);
    expect(steps.map(({ layers }) => layers)).toEqual(wanted.map(({ layers }) => layers));
    expect(done.lost).toEqual(['column note']);
  });
});

describe('half-precision lists in Arrow', () => {
  it('are widened', async () => {
    const rows = makeRows({ n: 3, layers: 1, heads: 2, d: 4, order: 'matrix' });
    const small = rows.map((row, i) => ({
      ...row,
      ...Object.fromEntries(['q', 'k1', 'v1'].map((c, k) => [c, [0, 1, 2, 3].map((j) => (i + k + j) / 8)])),
    })) as Row[];
    const type = new FixedSizeList(4, new Field('item', new Float16()));
    const types = { q: type, k1: type, v1: type };
    const bytes = CONTAINERS['arrow-stream'](toTable(small, { types }));
    const { steps } = await importSteps({ 'rows.arrow': bytes }, SCALE);
    expect(steps).toEqual(await replay(small));
    expect(halfBits(1)).toBe(0x3c00);
  });
});

describe('rows in JSON lines', () => {
  it.each(shapes)('are imported whole: %o', async (shape) => {
    const rows = makeRows(shape);
    const { steps } = await importSteps({ 'rows.jsonl': jsonl(rows) }, SCALE);
    expect(steps).toEqual(await replay(rows));
  });

  it('under other names; a long file in many batches', async () => {
    const rows = makeRows({ n: 200, order: 'matrix' });
    const text = jsonl(renameAll(rows, { k1: 'k', v1: 'v', pos: 'position' })) + '\n';
    const { steps, done } = await importSteps({ 'rows.jsonl': text }, SCALE);
    expect(steps).toEqual(await replay(rows));
    expect(done.carried[0]).toContain('k1 (from k)');
  });

  const bad = (patch: Row, at = 3) =>
    makeRows({ order: 'matrix' }).map((row, i) => (i === at ? { ...row, ...patch } : row));
  it.each<[string, string, RegExp]>([
    ['a short vector', jsonl(bad({ k1: [1] })), /rows\.jsonl: line 4, k1 is \[1\]/],
    ['a word among numbers', jsonl(bad({ v1: [1, 2, 3, 'x' as never] })), /line 4, v1\[3\] is "x"/],
    ['a number that float32 cannot hold', jsonl(bad({ q: [1, 2, 3, 1e300] })), /line 4, q\[3\] is 1e\+300/],
    ['a fractional position', jsonl(bad({ pos: 0.5 })), /line 4, pos is 0\.5/],
    ['a layer that is missing', jsonl(bad({ layer: null })), /line 4, layer is null/],
    ['a line that is no JSON', jsonl(bad({})) + '\n{"q": [', /line 25 is no JSON/],
    ['a line that is no object', jsonl(bad({})) + '\n[1]', /line 25 is no JSON object/],
    ['positions that fall', jsonl([...makeRows({ n: 2 })].reverse()), /pos is 0 after 1/],
    ['a head missing', jsonl(makeRows().slice(1)), /0, 0 is missing/],
    ['no v', jsonl([{ q: [1], k: [1], pos: 0 }]), /column v1 is missing/],
  ])('%s is refused by its line', async (_, text, words) => {
    const failure = await failureOf(() => importTable({ 'rows.jsonl': text }, SCALE));
    expect(failure.what).toMatch(words);
  });
});

describe('shared heads in rows', () => {
  const metadata = new Map([
    ['kronflow.kv_heads', '[0,0,1]'],
    ['kronflow.scale', '0.5'],
    ['kronflow.rope', 'post'],
  ]);
  const rows = makeRows({ heads: 3 }).map((row) =>
    row.head === 1 ? { ...row, k1: null, k2: null, v1: null, v2: null } : row,
  );

  it('and what the file says of itself go through, however often', async () => {
    const wanted = await replay(rows, { lists: 'list', metadata });
    const bytes = CONTAINERS.parquet(toTable(rows, { lists: 'list', metadata }));
    const { steps, done } = await importSteps({ 'rows.parquet': bytes });
    expect(steps).toEqual(wanted);
    expect(done.metadata).toMatchObject({
      'kronflow.kv_heads': '[0,0,1]',
      'kronflow.scale': '0.5',
      'kronflow.rope': 'post',
    });
  });
});

describe('lifts', () => {
  const rows = makeRows({ n: 3, layers: 2, heads: 3, d: 2, order: 'matrix' });
  const lift = async (how: string) =>
    (await importSteps({ 'rows.jsonl': jsonl(rows) }, { ...SCALE, lift: how })).steps;

  it('self, head-pair and layer-pair take side 2 from where they say', async () => {
    const plain = await replay(rows);
    for (const [how, from] of [
      ['self', (l: number, h: number) => [l, h]],
      ['head-pair', (l: number, h: number) => [l, (h + 1) % 3]],
      ['layer-pair', (l: number, h: number) => [(l + 1) % 2, h]],
    ] as const)
      (await lift(how)).forEach(({ layers }, step) =>
        layers.forEach(({ k1, k2, v2 }, l) => {
          expect(k1).toEqual(plain[step].layers[l].k1);
          for (let h = 0; h < 3; h++) {
            const [layer, head] = from(l, h);
            const part = (values: Float32Array) => [...values].slice(2 * head, 2 * head + 2);
            expect([...k2!].slice(2 * h, 2 * h + 2), how).toEqual(
              part(plain[step].layers[layer].k1 as Float32Array),
            );
            expect([...v2!].slice(2 * h, 2 * h + 2), how).toEqual(
              part(plain[step].layers[layer].v1 as Float32Array),
            );
          }
        }),
      );
  });

  it('rank-1 makes scores sums and outputs the ordinary ones, twice', async () => {
    const small = makeRows({ n: 3, layers: 1, heads: 1, d: 2, order: 'matrix' }).map((row, i) => ({
      ...row,
      q: [0.3, -i],
      k1: [i / 2, 0.7],
      v1: [i, 1 - i],
    }));
    const { steps } = await importSteps({ 'rows.jsonl': jsonl(small) }, { ...SCALE, lift: 'rank-1' });
    const [k1, k2, v1, v2] = (['k1', 'k2', 'v1', 'v2'] as const).map((part) =>
      steps.map(({ layers }) => [...layers[0][part]!]),
    );
    const q = [...steps[2].layers[0].q];
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    let [z, out] = [0, [0, 0, 0, 0]];
    for (const a of [0, 1, 2])
      for (const b of [0, 1, 2]) {
        const score = dot(
          q,
          k1[a].map((x, j) => x * k2[b][j]),
        );
        expect(score).toBeCloseTo(dot(q.slice(0, 2), small[a].k1) + dot(q.slice(0, 2), small[b].k1), 5);
        z += Math.exp(score);
        out = out.map((sum, j) => sum + Math.exp(score) * v1[a][j] * v2[b][j]);
      }
    const weights = small.map(({ k1: k }) => Math.exp(dot(q.slice(0, 2), k)));
    const total = weights.reduce((a, b) => a + b);
    const ordinary = [0, 1].map((j) => weights.reduce((sum, w, a) => sum + (w / total) * small[a].v1[j], 0));
    [...ordinary, ...ordinary].forEach((x, j) => expect(out[j] / z).toBeCloseTo(x, 5));
  });

  it('that do not exist are refused', async () => {
    expect(await failureOf(() => lift('heads'))).toMatchObject({ code: 'bad-option' });
  });
});
