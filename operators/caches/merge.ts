import { z } from 'zod';
import type {
  Cache,
  CacheFactory,
  CacheParts,
  CachePlugin,
  CacheSpec,
  Size,
  SizeInput,
} from '../../src/core/cache.js';
import { Failure, isFailure } from '../../src/core/failure.js';
import { didYouMean } from '../../src/core/nearest.js';
import { API_VERSION, define } from '../../src/core/plugin.js';
import { mergingSide } from './keeping/merging-side.js';
import { savedTogether } from './keeping/saved-state.js';
import type { SelectingCache } from './keeping/selecting-cache.js';
import { sidesWithin } from './keeping/side-budgets.js';

const NAME = 'merge';
const METADATA = 1; // the weight of each atom
const options = z
  .object({
    base: z
      .string()
      .default('window')
      .describe('cache whose evicted tokens are merged; it takes all other options'),
    keys: z
      .boolean()
      .default(true)
      .describe('also average the keys, not only the values; false: kept keys stay as they are'),
  })
  .catchall(z.unknown());
type Options = z.output<typeof options>;

/**
 * A wrapper around a cache that drops tokens: a token that leaves is merged into the kept one with the nearest key
 * (Euclidean, of equals the older) instead of being lost. Values, and with `keys` keys, become the mean of all tokens
 * merged, and the atom weighs as many tokens (math.md 4.4): with equal keys or equal scores nothing is lost at all.
 * The base chooses who leaves, by what it noted of tokens as they came; marginals that it watches are those of the
 * merged atoms. A side that keeps one token has no other to merge into, and drops.
 *
 * After Cache Merging (CaM), which adds a part of an evicted value, at random by its attention, to kept values and does
 * not weigh what it merged into; and the merging wrapper of kvpress. On the command line: merge:base=tova,size=64.
 */
export function merge(bases: readonly CachePlugin[]): CachePlugin {
  const innerOf = ({ base, keys: _, ...given }: Options) => {
    const plugin = wrappable(bases, base);
    return saidByMerge(() => plugin(given));
  };
  const spec: CacheSpec<typeof options> = {
    kind: 'cache',
    apiVersion: API_VERSION,
    name: NAME,
    summary: 'wrap a cache: what it evicts is merged into the kept token with the nearest key',
    paper: {
      title: 'CaM: Cache Merging for Memory-efficient LLMs Inference',
      section: 'merging instead of eviction; here into the nearest key, with weights',
      url: 'https://proceedings.mlr.press/v235/zhang24n.html',
    },
    options,
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText: 'what the base takes, and (kept1 + kept2)·b metadata',
    formula: (input, given) => sizeWith(innerOf(given), input),
    covering: (n) => ({ size: n }),
    within: sidesWithin({ metadata: METADATA }),
  };
  return define(spec as unknown as CacheSpec, (given) =>
    wrapped(spec, given as Options, innerOf(given as Options)),
  );
}

/** The factory of a wrapped cache: what the base says of itself holds for it, too. */
function wrapped(
  spec: CacheSpec<typeof options>,
  { base, keys }: Options,
  inner: CacheFactory,
): CacheFactory {
  const { orders, queryAware } = inner.spec;
  return {
    spec: { ...spec, orders, queryAware } as unknown as CacheSpec,
    options: { base, keys, ...inner.options },
    create: (parts) => {
      const cache = saidByMerge(() => inner.create({ ...parts, wrapperMetadata: METADATA }));
      return merging(cache, parts, keys);
    },
    formula: (input) => sizeWith(inner, input),
    claimedEps: () => null,
  };
}

function merging(base: Cache, parts: CacheParts, keys: boolean): Cache {
  if (!isSelecting(base))
    throw new RangeError('merge: a cache that evicts tokens, but not as a selecting cache');
  const sides = base.sides.map(({ kept }) => mergingSide(kept, parts, keys));
  const saved = savedTogether({
    base,
    ...Object.fromEntries(sides.map((side, i) => [`weights${i + 1}`, side] as const)),
  });
  return {
    append(entry) {
      base.append(entry);
      for (const side of sides) side.grow();
    },
    plan: base.plan,
    ...(base.observe && { observe: base.observe }),
    census: base.census, // and no positions(): rows do not stay as they came
    snapshot: saved.snapshot,
    restore: saved.restore,
  };
}

function sizeWith(inner: CacheFactory, input: SizeInput): Size {
  const size = inner.formula({ ...input, wrapperMetadata: METADATA });
  const atoms = size.residentBytes / (2 * input.d); // times the bytes of a number: an atom is a key and a value
  return { ...size, metadataBytes: size.metadataBytes + METADATA * atoms };
}

/** The cache to wrap. @throws Failure `bad-option` with the reason why it cannot be, `unknown-name` */
function wrappable(bases: readonly CachePlugin[], name: string): CachePlugin {
  const names = bases.filter(({ spec }) => whyNot(spec) === null).map(({ spec }) => spec.name);
  const refuse = (why: string) =>
    new Failure('bad-option', `cache ${NAME}: base = ${name}: ${why}`, `it can wrap ${names.join(', ')}`);
  if (name === NAME) throw refuse('it cannot wrap itself');
  const plugin = bases.find(({ spec }) => spec.name === name);
  if (plugin === undefined) {
    const what = `cache ${NAME}: base = ${name}: there is no such cache`;
    throw new Failure('unknown-name', what, didYouMean(name, names));
  }
  const why = whyNot(plugin.spec);
  if (why !== null) throw refuse(why);
  return plugin;
}

function whyNot({ selects, appendOnly, exactness }: CacheSpec): string | null {
  if (appendOnly) return 'it drops nothing that it keeps, so there is nothing to merge';
  if (exactness === 'unbiased') return 'its weights would be wrong: they stand for what it left out already';
  return selects ? null : 'what it keeps are not tokens as they came, so there is none to merge';
}

/** What `make` gives; where the wrapped cache refuses, say that `merge` asked. */
function saidByMerge<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new Failure(error.code, `${NAME}: ${error.what}`, error.hint, { cause: error });
  }
}

function isSelecting(cache: Cache): cache is SelectingCache {
  return 'sides' in cache;
}
