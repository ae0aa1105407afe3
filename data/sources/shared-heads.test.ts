import { describe, expect, it } from 'vitest';
import { failureOf } from './testing/bytes.js';
import { makeRows, replay, sourceOf, type Row } from './testing/recordings.js';
import { ownersOf, parseKvHeads } from './shared-heads.js';

const KV_HEADS = [0, 0, 1];
const OWNERS = [0, 0, 2];

/** Three query heads on two key-value heads: the second head has none of its own. */
function shared(order = 'tensor'): Row[] {
  return makeRows({ n: 4, layers: 2, heads: 3, d: 4, order }).map((row) =>
    row.head === 1
      ? {
          ...row,
          ...Object.fromEntries(['k1', 'k2', 'v1', 'v2'].filter((c) => c in row).map((c) => [c, null])),
        }
      : row,
  );
}
const metadata = new Map([['kronflow.kv_heads', JSON.stringify(KV_HEADS)]]);

describe('parseKvHeads', () => {
  it('takes maps that count from 0 in the order of first use', () => {
    expect(parseKvHeads('[0,0,1,1]')).toEqual([0, 0, 1, 1]);
    expect(parseKvHeads('[0,1,0]')).toEqual([0, 1, 0]);
    for (const text of ['', '[]', '[1]', '[0,2]', '[0,-1]', '[0.5]', '{"0":0}', '[0,1'])
      expect(parseKvHeads(text), text).toBeNull();
    expect(ownersOf(KV_HEADS)).toEqual(OWNERS);
  });
});

describe.each(['parquet', 'arrow-stream', 'arrow-file'] as const)('heads that share keys, %s', (format) => {
  it.each(['tensor', 'matrix'])('get those of their group, %s order, however batches fall', async (order) => {
    const whole = makeRows({ n: 4, layers: 2, heads: 3, d: 4, order });
    for (const batch of [2, 3, 5, 6, 100]) {
      const steps = await replay(shared(order), { lists: 'list', metadata, batch }, format);
      expect(steps).toHaveLength(4);
      steps.forEach((step) => {
        step.layers.forEach((rows, layer) => {
          const wanted = (column: string, head: number) =>
            whole.find((row) => row.pos === step.pos && row.layer === layer && row.head === head)![column];
          expect([...rows.q]).toEqual([0, 1, 2].flatMap((head) => wanted('q', head)));
          expect([...rows.k1]).toEqual(OWNERS.flatMap((head) => wanted('k1', head)));
          expect([...rows.v1]).toEqual(OWNERS.flatMap((head) => wanted('v1', head)));
          if (order === 'matrix') return expect(rows.k2).toBeNull();
          expect([...rows.v2!]).toEqual(OWNERS.flatMap((head) => wanted('v2', head)));
        });
      });
    }
  });
});

describe('heads that share keys: refused', () => {
  it.each([
    ['a row that should hold keys and does not', 2, { k1: null }, 'column k1 is null'],
    ['a row with keys of its own', 1, { v1: [1, 2, 3, 4] }, 'column v1 is not null'],
  ] as const)('%s', async (_, at, patch, words) => {
    const rows = shared().map((row, i) => (i === at ? ({ ...row, ...patch } as Row) : row));
    const failure = await failureOf(() => replay(rows, { lists: 'list', metadata }));
    expect(failure).toMatchObject({ code: 'bad-recording', what: expect.stringContaining(`row ${at}`) });
    expect(failure.what).toContain(words);
  });

  it('a map of fewer heads than there are, and one that is none', async () => {
    for (const text of ['[0,0]', '[0,5,1]']) {
      const wrong = new Map([['kronflow.kv_heads', text]]);
      const failure = await failureOf(() => replay(shared(), { lists: 'list', metadata: wrong }));
      expect(failure).toMatchObject({ code: 'bad-recording', message: expect.stringContaining('kv_heads') });
    }
  });
});

describe('what a recording says of its side 2', () => {
  it('biases are added, and told to run.json', async () => {
    const biased = new Map([
      ['kronflow.k2_bias', '0.25'],
      ['kronflow.v2_bias', '1'],
      ['kronflow.lift', 'self'],
      ['kronflow.rope', 'post'],
    ]);
    const [plain] = await replay(makeRows());
    const [step] = await replay(makeRows(), { metadata: biased });
    expect([...step.layers[1].k2!]).toEqual([...plain.layers[1].k2!].map((x) => x + 0.25));
    expect([...step.layers[1].v2!]).toEqual([...plain.layers[1].v2!].map((x) => x + 1));
    expect(step.layers).toMatchObject([{ k1: plain.layers[0].k1 }, { k1: plain.layers[1].k1 }]);
    const { source } = await sourceOf(makeRows(), { metadata: biased });
    expect(await source.describe()).toMatchObject({ k2_bias: 0.25, v2_bias: 1, lift: 'self', rope: 'post' });
  });

  it('a bias without a side 2, an unknown lift and an unknown rope are refused', async () => {
    const matrix = makeRows({ order: 'matrix' });
    for (const [key, value] of [
      ['k2_bias', '1'],
      ['v2_bias', 'x'],
      ['lift', 'up'],
      ['rope', 'maybe'],
    ]) {
      const wrong = new Map([[`kronflow.${key}`, value]]);
      expect(await failureOf(() => replay(matrix, { metadata: wrong }))).toMatchObject({
        code: 'bad-recording',
      });
    }
  });
});
