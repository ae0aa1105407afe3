import { expect, it } from 'vitest';
import { z } from 'zod';
import { SharedArena } from '../../workers/arena.js';
import { defineCache, type CacheParts } from './cache.js';
import { holdCache } from './hold-cache.js';
import { Ledger } from './ledger.js';
import { randomStream } from './random.js';

const spec = {
  ...({
    name: 'probe',
    summary: 'a probe',
    paper: null,
    options: z.object({}),
    exactness: 'heuristic',
  } as const),
  ...({
    orders: ['tensor'],
    queryAware: false,
    appendOnly: true,
    selects: true,
    formulaText: '0',
    covering: () => null,
  } as const),
  formula: () => ({ residentBytes: 0, metadataBytes: 0, scratchBytes: 0, flops: 0 }),
};
const census = {
  kept1: 0,
  kept2: 0,
  evicted1: 0,
  evicted2: 0,
  clusters1: null,
  clusters2: null,
  samples: null,
};

it('charges every row to label/stream/layer/head/purpose, and measures exactly what was charged (L2)', () => {
  let parts: CacheParts | null = null;
  const probe = defineCache(spec, (_, given) => {
    parts = given;
    const [keys, more, marks, scratch] = [
      given.rows(4),
      given.rows(2),
      given.rows(1, 'metadata'),
      given.rows(8, 'scratch'),
    ];
    return {
      append: ({ k1 }) => {
        keys.append(k1);
        more.append(k1.subarray(0, 2));
        marks.append([1]);
        scratch.resize(3);
      },
      plan: () => ({ jobs: [] }),
      census: () => census,
      snapshot: () => ({}),
      restore: () => {},
    };
  });
  const ledger = new Ledger();
  const held = holdCache({
    ...{
      label: 'probe-2',
      streamId: 5,
      layer: 1,
      head: 3,
      factory: probe(),
      ledger,
      random: randomStream(1),
    },
    ...{ shape: { d: 4, order: 'tensor', scale: 0.5 }, arena: SharedArena.create('f32') },
  });
  expect(held).toMatchObject({ label: 'probe-2', head: 3, appended: 0 });
  expect(held.bytes()).toEqual({ resident: 0, metadata: 0, scratch: 0 });
  expect(parts).toMatchObject({ d: 4, order: 'tensor', scale: 0.5 });

  const row = Float32Array.of(1, 2, 3, 4);
  for (let i = 0; i < 2; i++) held.cache.append({ k1: row, k2: row, v1: row, v2: row });
  expect(held.bytes()).toEqual({ resident: 2 * (4 + 2) * 4, metadata: 2 * 4, scratch: 3 * 8 * 4 });
  for (const [purpose, bytes] of Object.entries(held.bytes())) {
    expect(ledger.used(`probe-2/5/1/3/${purpose}`)).toBe(bytes);
  }
  expect(ledger.used()).toBe(48 + 8 + 96);
});
