import { expect, it } from 'vitest';
import { holdCache } from '../../src/core/hold-cache.js';
import { Ledger } from '../../src/core/ledger.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../../workers/index.js';
import { shellPair } from './keeping/shell-order.js';
import { startTrial } from './testing/harness.js';
import { twoCache } from './two-cache.js';

it('adds the 2n-1 products of the newest token, in shell order', () => {
  const trial = startTrial(twoCache(), { d: 1, order: 'tensor', scale: 1, dtype: 'f64' });
  const [k1, k2] = [
    [2, 3, 5, 7],
    [11, 13, 17, 19],
  ];
  let before = 0;
  for (let i = 0; i < 4; i++) {
    const row = (x: number) => Float64Array.of(x);
    trial.append({ q: row(0), k1: row(k1[i]), k2: row(k2[i]), v1: row(-k1[i]), v2: row(k2[i]) });
    const products = trial.cache.snapshot()['keys.products'];
    expect(products.length - before).toBe(2 * i + 1);
    products.forEach((x, r) => expect(x).toBe(k1[shellPair(r)[0]] * k2[shellPair(r)[1]]));
    before = products.length;
  }
  trial.release();
});

it('stops with out-of-memory when a token does not fit, and the ledger stays within its budget', () => {
  const ledger = new Ledger(1000);
  const cache = holdCache({
    ...{ label: 'two-cache', streamId: 0, layer: 0, head: 0, factory: twoCache(), ledger },
    shape: { d: 2, order: 'tensor', scale: 1 },
    arena: SharedArena.create('f32'),
    random: randomStream(1),
  }).cache;
  const row = Float32Array.of(1, 2);
  const fill = () => {
    for (let i = 0; i < 20; i++) cache.append({ k1: row, k2: row, v1: row, v2: row });
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'out-of-memory' }) as Error);
  expect(ledger.used()).toBeLessThanOrEqual(1000);
});
