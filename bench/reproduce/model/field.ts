import { caches } from '../../../operators/caches/index.js';
import type { LanguageModelShape } from '../../../src/core/language-model.js';
import type { Order } from '../../../src/core/shape.js';

/** Budgets, as shares of what the exact cache holds after the last token of a window. */
export const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2] as const;

/** A cache with the options that it is measured with. */
export interface Entrant {
  /** Name of the cache; of a wrapper, with what it wraps. */
  readonly name: string;
  readonly plugin: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The share of the exact cache's bytes that it may hold; null: it has no budget. */
  readonly share: number | null;
  /** What a query may read, in bytes of one head, where the cache keeps everything; null: all that it keeps. */
  readonly reads: number | null;
  /** Windows that are enough, where the answer takes long; null: all. */
  readonly windows: number | null;
}

/** Radii with which leader clustering makes about so many clusters of the keys of a window: median over heads. */
export type Radii = ReadonlyMap<number, number>;

/** How many clusters radii are looked for. */
export const CLUSTERS = [8, 16, 32, 64, 128] as const;

const NUMBER = 4; // bytes
const ORACLE = 29; // windows, a third of them, for the oracle of pairs: it takes one to three seconds for each
const FEW = 2; // windows for caches that are exact and hold n² rows

/** Bytes of one head of the exact cache, of four rows a token or of two. */
export function exactBytes({ d, order, context }: LanguageModelShape): number {
  return (order === 'tensor' ? 4 : 2) * context * d * NUMBER;
}

/** Every cache of an order, in 1 to 5 sizes; the slow ones first, so that threads end together. */
export function entrants(shape: LanguageModelShape, radii: Radii): readonly Entrant[] {
  const all = [...budgeted(shape, SHARES), ...others(shape, radii)];
  return all
    .filter(({ plugin }) => specOf(plugin).orders.includes(shape.order))
    .sort((a, b) => slowness(b) - slowness(a));
}

/** Caches that compare at equal bytes, at the shares given; those that only a run can choose not among them. */
export function budgeted(shape: LanguageModelShape, shares: readonly number[]): readonly Entrant[] {
  const whole = exactBytes(shape);
  return caches.flatMap(({ spec }) =>
    shares.flatMap((share): readonly Entrant[] => {
      const sizes = { d: shape.d, order: shape.order, bytesPerNumber: NUMBER };
      const options = spec.name === 'polynomial' ? null : spec.within?.(share * whole, sizes);
      if (options === null || options === undefined) return [];
      const reads = spec.readsPart === true ? share * whole : null;
      const windows = spec.name === 'oracle-top-k' && shape.order === 'tensor' ? ORACLE : null;
      const one = (name: string, more: object): Entrant => ({
        ...{ name, plugin: spec.name, options: { ...options, ...more }, share, reads, windows },
      });
      return spec.name === 'merge'
        ? [one('merge of window', {}), one('merge of heavy-hitter', { base: 'heavy-hitter' })]
        : [one(spec.name, {})];
    }),
  );
}

function others(shape: LanguageModelShape, radii: Radii): readonly Entrant[] {
  const of = (plugin: string, options: object = {}, more: Partial<Entrant> = {}): Entrant => {
    const plain = { share: null, reads: null, windows: null };
    return { name: plugin, plugin, options: options as Entrant['options'], ...plain, ...more };
  };
  const radius = (clusters: number) => Number(radii.get(clusters)!.toPrecision(3));
  const whole = exactBytes(shape);
  const sides = shape.order === 'tensor' ? 2 : 1;
  return [
    of('four-cache'),
    ...[of('four-cache-materialising', {}, { windows: FEW }), of('two-cache', {}, { windows: FEW })],
    ...[0.01, 0.1].map((eta) => of('skip', { eta })),
    ...polynomials(shape.order).map((options) => of('polynomial', options)),
    of('subgen2', { delta: radius(8), t: 1, s: 16 }, { windows: shape.order === 'tensor' ? FEW * 4 : null }),
    ...[
      { delta: radius(8), t: 1, s: 8 },
      { delta: radius(16), t: 2, s: 16 },
      { delta: radius(32), t: 2, s: 32 },
    ].map((options) => of('subgen4', options)),
    ...[16, 32, 64, 128].map((clusters) => of('threshold', { threshold: radius(clusters) })),
    of('lsh', { near: 32, samples: 32 }),
    ...[16, 64].map((block) => of('block-lsh', { block, rest: 'sample', samples: 32 })),
    ...SHARES.slice(1, 3).map((share) =>
      of('pages', { size: `${(share * whole) / sides}B`, page: 8 }, { reads: share * whole }),
    ),
    ...[4, 2].map((bits) => of('quantised', { bits, group: 16, residual: 16, channels: 16 })),
    of('rank1'),
  ];
}

function polynomials(order: Order): readonly object[] {
  const alike = [{ degree: 1 }, { degree: 1, window: 16 }, { degree: 2 }, { degree: 2, window: 16 }];
  return order === 'tensor' ? alike : [...alike, { degree: 3 }];
}

const SLOW = ['oracle-top-k', 'lsh', 'block-lsh', 'subgen2', 'subgen4', 'pages', 'quantised', 'skip'];

function slowness({ plugin }: Entrant): number {
  const at = SLOW.indexOf(plugin);
  return at < 0 ? 0 : SLOW.length - at;
}

/** A cache's own description, by its name. */
export function specOf(name: string) {
  const plugin = caches.find(({ spec }) => spec.name === name);
  if (plugin === undefined) throw new RangeError(`no cache ${name}`);
  return plugin.spec;
}
