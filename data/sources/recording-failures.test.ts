import { Float32, Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, failureOf, tempFile, timesOpen } from './testing/bytes.js';
import {
  CONTAINERS,
  makeRows,
  openSource,
  replay,
  sourceOf,
  toTable,
  type Row,
} from './testing/recordings.js';

const FORMATS = Object.keys(CONTAINERS) as (keyof typeof CONTAINERS)[];

/** Good rows with some cells changed; null drops nothing, undefined drops the cell. */
function changed(row: number, cells: Row, rows = makeRows()): Row[] {
  return rows.map((old, i) => (i === row ? { ...old, ...cells } : old));
}
const without = (...columns: string[]) =>
  makeRows().map(
    (row) => Object.fromEntries(Object.entries(row).filter(([name]) => !columns.includes(name))) as Row,
  );
const vectors = (column: string, values: number[]) => changed(8, { [column]: values });

/** [what is wrong, the rows, words of the message] */
const BAD: readonly [string, Row[], ...string[]][] = [
  [
    'k2 null where v2 is not',
    makeRows().map((row) => ({ ...row, k2: null })),
    'row 0 (from 0), column k2 is null where v2 is not',
  ],
  [
    'v2 null where k2 is not',
    makeRows().map((row) => ({ ...row, v2: null })),
    'row 0 (from 0), column v2 is null where k2 is not',
  ],
  [
    'k2 null from some row on',
    makeRows().map((row, i) => (i < 14 ? row : { ...row, k2: null, v2: null })),
    'row 14 (from 0), column k2 is null',
  ],
  ['no pos', without('pos'), 'column pos is missing'],
  [
    'a misspelt column',
    without('k1').map((row) => ({ ...row, K1: row.q })),
    'column k1 is missing',
    'did you mean "K1"',
  ],
  ['k2 without v2', without('v2'), 'column v2 is missing'],
  ['v2 without k2', without('k2'), 'column k2 is missing'],
  ['NaN', vectors('k2', [0, 1, NaN, 3]), 'row 8 (from 0), column k2 holds NaN at index 2'],
  ['Inf', vectors('q', [-Infinity, 1, 2, 3]), 'row 8 (from 0), column q holds -Infinity at index 0'],
  ['a null id', changed(9, { layer: null }), 'row 9 (from 0), column layer is null'],
  ['a negative id', changed(9, { stream_id: -1 }), 'row 9 (from 0), column stream_id is -1'],
  [
    'an id beyond INT32',
    changed(9, { pos: 2 ** 31 }),
    'row 9 (from 0), column pos is 2147483648',
    '2147483647',
  ],
  ['a null vector', changed(13, { v1: null }), 'row 13 (from 0), column v1 is null'],
  ['k2 null in some rows', changed(4, { k2: null, v2: null }), 'row 4 (from 0), column k2 is null'],
  [
    'pos that falls',
    changed(18, { pos: 1 }, makeRows({ n: 7, layers: 1, heads: 3 })),
    'row 18 (from 0), column pos is 1 after 5 in stream 0',
  ],
  [
    'pos that comes again',
    [...makeRows({ n: 2 }), ...makeRows({ n: 2, streams: 2 }).slice(6, 12), ...makeRows({ n: 2 }).slice(6)],
    'row 18 (from 0), column pos is 1 after 1 in stream 0',
  ],
  [
    'a (layer, head) twice',
    changed(10, { head: 0 }),
    'row 10 (from 0)',
    'layer, head are 1, 0 a second time',
  ],
  [
    'a row too many',
    [...makeRows(), makeRows()[23]],
    'row 24 (from 0)',
    'layer, head are 1, 2 a second time',
  ],
  [
    'a missing row',
    makeRows().filter((_, i) => i !== 14),
    'row 12 (from 0), pos 2 of stream 0',
    'layer, head: 0, 2 is missing',
  ],
  [
    'a missing row at the end',
    makeRows().slice(0, -1),
    'row 18 (from 0), pos 3',
    'layer, head: 1, 2 is missing',
  ],
  ['a missing row in the first step', makeRows().slice(1), 'row 0 (from 0)', 'layer, head: 0, 0 is missing'],
  [
    'a layer too many',
    changed(11, { layer: 2 }),
    'row 11 (from 0)',
    'column layer is 2, but there are 2 (0 to 1)',
  ],
  [
    'layers that count from 1',
    makeRows().map((row) => ({ ...row, layer: Number(row.layer) + 1 })),
    'row 0',
    '0, 0 is missing',
    'count from 0',
  ],
  ['an absurd layer', changed(0, { layer: 2_000_000_000 }), 'row 0 (from 0)', 'is missing'],
];

describe.each(FORMATS)('recording source refuses, %s,', (format) => {
  it.each(BAD)('%s', async (_, rows, ...words) => {
    const { path, source } = await sourceOf(rows, {}, format);
    const failure = await failureOf(() => collect(source.open()));
    expect(failure.code).toBe('bad-recording');
    for (const word of [path, ...words]) expect(failure.message).toContain(word);
    expect(failure.hint).toBeTruthy();
    expect((await timesOpen(path)) ?? 0).toBe(0);
  });

  it.each([
    ['of another length', vectors('v2', [1, 2, 3]), 'row 8 (from 0), column v2 has 3 numbers', 'd = 4'],
    [
      'of another length in the first row',
      changed(0, { k1: [1, 2] }),
      'row 0 (from 0), column k1 has 2 numbers',
      'd = 4',
    ],
    ['of no length', changed(0, { q: [] }), 'row 0 (from 0), column q has 0 numbers', 'at least 1'],
    [
      'of double that float32 cannot hold',
      vectors('q', [0, 1e300, 0, 0]),
      'row 8 (from 0), column q holds 1e+300 at index 1',
    ],
  ] as const)('vectors %s', async (_, rows, ...words) => {
    const failure = await failureOf(() => replay(rows as Row[], { lists: 'double' }, format));
    expect(failure.code).toBe('bad-recording');
    for (const word of words) expect(failure.message).toContain(word);
  });

  it('columns of the wrong type', async () => {
    const text = makeRows().map((row) => ({ ...row, pos: 'x', k1: 'x' })) as unknown as Row[];
    for (const [name, words] of [
      ['pos', 'column pos is Utf8'],
      ['k1', 'column k1 is Utf8'],
    ] as const) {
      const rows = text.map((row, i) => ({ ...makeRows()[i], [name]: row[name] }));
      const failure = await failureOf(() => replay(rows, { types: { [name]: new Utf8() } }, format));
      expect(failure).toMatchObject({ code: 'bad-recording', what: expect.stringContaining(words) });
    }
    const floats = await failureOf(() => replay(makeRows(), { types: { head: new Float32() } }, format));
    expect(floats.what).toContain('column head is Float32');
  });

  it('rows of none', async () => {
    const path = await tempFile('none', CONTAINERS[format](toTable(makeRows()).slice(0, 0)));
    for (const work of [() => collect(openSource(path).open()), () => openSource(path).shape()]) {
      expect(await failureOf(work)).toMatchObject({
        code: 'bad-recording',
        what: expect.stringContaining('has no rows'),
      });
    }
  });

  it('every truncation', async () => {
    const whole = CONTAINERS[format](toTable(makeRows({ n: 6 })));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        const path = await tempFile('cut', whole.subarray(0, length));
        for (const work of [() => collect(openSource(path).open()), () => openSource(path).shape()]) {
          expect((await failureOf(work)).code).toBe('bad-recording');
        }
      }),
      { numRuns: 60, examples: [[0], [3], [4], [8], [whole.length - 8], [whole.length - 1]] },
    );
  });

  it.each([
    ['d', '5', 'metadata kronflow.d is 5, but column q has vectors of 4'],
    ['order', 'matrix', 'metadata kronflow.order is matrix, but columns k2 and v2 are there'],
    ['scale', '0', 'metadata kronflow.scale is "0"'],
    ['scale', '1e200', 'metadata kronflow.scale is "1e200"'],
    ['layers', 'two', 'metadata kronflow.layers is "two"'],
  ])('metadata that cannot be: %s = %s', async (key, value, what) => {
    const metadata = new Map([[`kronflow.${key}`, value]]);
    const failure = await failureOf(() => replay(makeRows(), { metadata }, format));
    expect(failure).toMatchObject({ code: 'bad-recording', what: expect.stringContaining(what) });
  });
});

describe('recording source refuses', () => {
  it('a number of rows that is no multiple of layers × heads, before the run', async () => {
    const { source } = await sourceOf(makeRows().slice(0, -1), {}, 'parquet');
    const failure = await failureOf(() => source.count(10));
    expect(failure).toMatchObject({ code: 'bad-recording', what: expect.stringContaining('23 rows') });
    expect(failure.what).toContain('2 layers × 3 heads');
  });

  it('what is no recording', async () => {
    for (const content of ['just text, no table', 'stream_id,pos,layer,head\n0,0,0,0\n', 'x']) {
      const path = await tempFile('other.csv', content);
      const failure = await failureOf(() => openSource(path).shape());
      expect(failure).toMatchObject({
        code: 'bad-recording',
        what: expect.stringContaining('neither Parquet nor'),
      });
    }
    const failure = await failureOf(async () => openSource(await tempFile('e', '')).describe());
    expect(failure).toMatchObject({ code: 'bad-recording', what: expect.stringContaining('empty') });
  });

  it('matrix metadata over tensor rows and the other way round', async () => {
    const metadata = new Map([['kronflow.order', 'tensor']]);
    const failure = await failureOf(() => replay(makeRows({ order: 'matrix' }), { metadata }));
    expect(failure.what).toContain('kronflow.order is tensor, but columns k2 and v2 are absent or null');
  });

  it.each([
    ['arrow-file', -400, -40],
    ['arrow-stream', 12, 60],
    ['parquet', -400, -40],
  ] as const)('damage between a good start and a good end, %s', async (format, from, to) => {
    const damaged = CONTAINERS[format](toTable(makeRows({ n: 6 }))).slice();
    damaged.fill(0xa5, damaged.length * Number(from < 0) + from, damaged.length * Number(to < 0) + to);
    const path = await tempFile('damaged', damaged);
    const failure = await failureOf(() => collect(openSource(path).open()));
    expect(failure).toMatchObject({
      code: 'bad-recording',
      what: expect.stringContaining('the file is damaged'),
    });
    expect((await timesOpen(path)) ?? 0).toBe(0);
  });

  it('damaged Parquet, of which parquet-wasm panics at one file in ten', async () => {
    const whole = CONTAINERS.parquet(toTable(makeRows({ n: 6 })));
    let [refused, panics] = [0, 0];
    for (let i = 0; i < 150; i++) {
      const damaged = whole.slice();
      damaged[8 + ((i * 61) % (whole.length - 16))] ^= 1 << (i % 8);
      const path = await tempFile('damaged', damaged);
      try {
        await collect(openSource(path).open());
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-recording' });
        refused++;
        if ((error as Error).message.includes('unreachable')) panics++;
      }
      expect((await timesOpen(path)) ?? 0).toBe(0);
    }
    expect(refused).toBeGreaterThan(20);
    expect(panics).toBeGreaterThan(0);
    expect(process.hasUncaughtExceptionCaptureCallback()).toBe(false);
  });
});
