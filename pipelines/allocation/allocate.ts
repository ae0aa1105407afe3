import type { CacheFactory, CachePlugin, SizeInput } from '../../src/core/cache.js';
import { Failure } from '../../src/core/failure.js';
import { formatBytes } from '../../src/core/format.js';
import type { ModelShape } from '../../src/core/shape.js';
import { mostHeld } from '../compare.js';
import { checkPolicy, DEFAULT_BETA, POLICIES } from './policies.js';
import type { Allocation, HeadAllocation } from './schema.js';
import { shareBytes, type Bounds } from './share-bytes.js';

/** What an allocation is for. */
export type AllocatedShape = Pick<ModelShape, 'layers' | 'heads' | 'd' | 'order'> &
  Pick<SizeInput, 'bytesPerNumber'>;

type Options = Readonly<Record<string, unknown>>;
type Asked = Omit<Allocation, 'heads'>;

const PLENTY = 2 ** 40; // bytes for one head: more than any cache of a run

/**
 * Share one byte budget for all layers and heads of a stream: bytes of each, metadata included, and options with which the
 * cache never holds more. For any cache that has a budget (`spec.within`); `options` are what the user says of it besides.
 * Nobody gets less than the cache can work with, nor more than it takes to keep all of `at` tokens: so a budget that covers
 * everything is exact, whatever the policy. `spread` is what `measureSpread` found, for the policy that needs it.
 *
 * @throws Failure `bad-option` when the cache has no budget, is given its size besides, or cannot be so small
 */
export function allocate(
  plugin: CachePlugin,
  options: Options,
  asked: Asked,
  shape: AllocatedShape,
  spread: readonly (readonly number[])[] | null = null,
): readonly (readonly HeadAllocation[])[] {
  checkPolicy(asked);
  const { layers, heads } = shape;
  const { policy, bytes, at, beta = DEFAULT_BETA } = asked;
  const fitted = fitting(plugin, options, shape);
  const bounds = boundsOf(fitted, at);
  if (bytes < layers * heads * bounds.least) throw tooSmall(plugin, asked, shape, bounds);
  const weights = POLICIES[policy].weights({ layers, heads, beta, spread });
  const shares = shareBytes(bytes, weights.flat(), bounds);
  const factories = new Map<number, CacheFactory>();
  return weights.map((row, layer) =>
    row.map((weight, head) => {
      const share = shares[layer * heads + head];
      const factory = factories.get(share) ?? fitted.factory(share)!;
      factories.set(share, factory);
      const measured = POLICIES[policy].measures ? { spread: weight } : {};
      return { bytes: share, options: { ...factory.options }, ...measured };
    }),
  );
}

/** A cache by the bytes that one head of it may hold. */
interface Fitting {
  /** Null where it cannot be so small. */
  factory(bytes: number): CacheFactory | null;
  /** What its formula says of it after n tokens, as text; null where it cannot be so small. */
  sizeAt(bytes: number, n: number): string | null;
}

function fitting(plugin: CachePlugin, options: Options, shape: AllocatedShape): Fitting {
  const { within, name } = plugin.spec;
  if (within === undefined) throw noBudget(name);
  const found = within(PLENTY, shape) ?? {};
  const twice = Object.keys(found).filter((key) => key in options);
  if (twice.length > 0 && twice.length === Object.keys(found).length) throw givenTwice(name, twice);
  const factory = (bytes: number) => {
    const fitted = within(bytes, shape);
    if (fitted === null) return null;
    const given = { ...fitted, ...options };
    return mostHeld(plugin, given, shape) <= bytes ? plugin(given) : null;
  };
  return {
    factory,
    sizeAt(bytes, n) {
      const size = factory(bytes)?.formula({ ...shape, n, census: null });
      return size === undefined ? null : JSON.stringify([size.residentBytes, size.metadataBytes, size.flops]);
    },
  };
}

/** The least a head works with, and what it takes for `at` tokens: from there on its formula no longer changes. */
function boundsOf({ factory, sizeAt }: Fitting, at: number | null): Bounds {
  const least = smallest(1, (bytes) => factory(bytes) !== null);
  if (at === null) return { least, most: Infinity };
  const all = sizeAt(PLENTY, at);
  const most = smallest(least, (bytes) => sizeAt(bytes, at) === all);
  return { least, most: most === PLENTY ? Infinity : most };
}

/** The smallest whole number from `low` on that is enough, by halving: what is enough stays so. At most `PLENTY`. */
function smallest(low: number, enough: (bytes: number) => boolean): number {
  if (enough(low)) return low;
  let [not, is] = [low, Math.min(PLENTY, 2 * low)];
  while (is < PLENTY && !enough(is)) [not, is] = [is, Math.min(PLENTY, 2 * is)];
  while (is - not > 1) {
    const middle = Math.floor((not + is) / 2);
    if (enough(middle)) is = middle;
    else not = middle;
  }
  return is;
}

function noBudget(name: string): Failure {
  const what = `cache ${name} has no budget in bytes: there is nothing to share among its layers and heads`;
  return new Failure('bad-option', what, '`kronflow compare` lists caches that have one');
}

function givenTwice(name: string, keys: readonly string[]): Failure {
  const what = `cache ${name}: ${keys.join(', ')} and an allocation: each says how much it keeps`;
  return new Failure(
    'bad-option',
    what,
    `leave out ${keys.join(', ')}: the allocation sets it by layer and head`,
  );
}

function tooSmall(
  { spec }: CachePlugin,
  { policy, bytes }: Asked,
  { layers, heads, d, order }: AllocatedShape,
  { least }: Bounds,
): Failure {
  const all = layers * heads * least;
  if (least >= PLENTY) {
    const what = `cache ${spec.name} never fits a budget with these options`;
    return new Failure('bad-option', what, 'leave them out: the allocation sets how much it keeps');
  }
  return new Failure(
    'bad-option',
    `allocation ${policy} of ${formatBytes(bytes)}: cache ${spec.name} needs at least ${least} B a head at d = ${d}, order ` +
      `${order}, and there are ${layers} × ${heads}`,
    `the least that works is ${all} B for all layers and heads`,
  );
}
