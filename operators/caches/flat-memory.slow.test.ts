import { describe, expect, it } from 'vitest';
import type { CacheFactory, Size } from '../../src/core/cache.js';
import type { Order } from '../../src/core/shape.js';
import { randomStream } from '../../src/core/random.js';
import { sinks } from './sinks.js';
import { subgen4 } from './subgen4.js';
import { subgenAtoms } from './subgen-atoms.js';
import { startTrial, type Trial } from './testing/harness.js';
import { window } from './window.js';

// polynomial.test.ts says the same of the polynomial cache.
const D = 4;
const CENTRES = 12;
const SCATTER = 0.05; // far below the distance of two centres, so that clusters are the centres and stay as many
const CACHES = {
  subgen4: subgen4({ delta: 0.6, t: 3, s: 8 }),
  window: window({ size: 20, size2: 7 }),
  sinks: sinks({ size: 20, size2: 7, sinks: 3 }),
};
/** These have fewer or more clusters from step to step, within their budget. */
const MERGING = {
  centroids: subgenAtoms({ size: 24, window: 4 }),
  samples: subgenAtoms({ size: 40, window: 4, atoms: 'samples', t: 2 }),
  moments: subgenAtoms({ size: 20, window: 4, moments: true }),
};
const ORDERS = ['tensor', 'matrix'] as const;

describe.each(Object.entries(CACHES))('%s', (_, factory) => {
  it.each(ORDERS)('holds the same bytes after 1,000 and 100,000 tokens: %s order', (order) => {
    const [early, late] = bytesOver(factory, order);
    expect(early.resident).toBeGreaterThan(0);
    expect(late).toEqual(early);
  });
});

describe.each(Object.entries(MERGING))('subgen-atoms with %s', (_, factory) => {
  it.each(ORDERS)('holds at most its budget after 1,000 and 100,000 tokens: %s order', (order) => {
    const most = ({ residentBytes, metadataBytes }: Size) => residentBytes + metadataBytes;
    const [budget, later] = [1000, 100_000].map((n) =>
      most(factory.formula({ n, d: D, order, bytesPerNumber: 4, census: null })),
    );
    expect(later).toBe(budget);
    for (const { resident, metadata, charged } of bytesOver(factory, order)) {
      expect(charged.resident + charged.metadata).toBe(resident + metadata);
      expect(resident + metadata).toBeLessThanOrEqual(budget);
      expect(resident + metadata).toBeGreaterThan(budget / 3); // it does keep clusters
    }
  });
});

/** What an instance holds after 1,000 and after 100,000 tokens: the bytes of its rows, and what the ledger knows. */
function bytesOver(factory: CacheFactory, order: Order) {
  const trial = startTrial(factory, { d: D, order, scale: 1, dtype: 'f32' });
  const feed = feeder(trial, order);
  const found = [1000, 100_000].map((n) => {
    while (trial.appended < n) feed();
    return { ...trial.bytes(), charged: trial.charged() };
  });
  trial.release();
  return found;
}

/** Appends one token at a time: keys around few centres, values of any kind. */
function feeder(trial: Trial, order: Order): () => void {
  const random = randomStream(1, 'tokens', order);
  const gaussian = () => Float64Array.from({ length: D }, () => random.gaussian());
  const centres = Array.from({ length: CENTRES }, gaussian);
  const key = () => {
    const centre = centres[random.below(CENTRES)];
    return centre.map((x) => x + SCATTER * random.gaussian());
  };
  return () => {
    const [k2, v2] = order === 'tensor' ? [key(), gaussian()] : [null, null];
    trial.append({ q: centres[0], k1: key(), k2, v1: gaussian(), v2 });
  };
}
