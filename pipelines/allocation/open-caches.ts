import type { CacheFactory, CachePlugin } from '../../src/core/cache.js';
import { Failure } from '../../src/core/failure.js';
import { inPart } from '../../src/core/part.js';
import type { LabelledCache } from '../cache-bank.js';
import { exactSize, mostHeld, type AskedCache } from '../compare.js';
import { labelCaches, type RequestedCache } from '../label-caches.js';
import { pluginOf, type Registry } from '../registry.js';
import { allocate, type AllocatedShape } from './allocate.js';
import { measureSpread } from './measure-spread.js';
import { POLICIES } from './policies.js';
import type { Allocation, AllocationRequest, HeadAllocation } from './schema.js';

/** A cache that can be made for every layer and head, and what run.json says of it. */
export interface OpenedCache {
  readonly labelled: LabelledCache;
  readonly config: AskedCache;
}

/** What a request says of its caches. */
interface CachesRequest {
  readonly caches: readonly RequestedCache[];
  /** Byte budgets that every cache with a budget is run under. */
  readonly allocate?: readonly AllocationRequest[];
}

/**
 * The caches of a request, one by one: an allocation may have to read a recording.
 *
 * @throws Failure for a name or an option that is wrong, and as `allocate` and `measureSpread`
 */
export async function openCaches(
  { caches, allocate: requests = [] }: CachesRequest,
  registry: Registry,
  shape: AllocatedShape,
): Promise<readonly OpenedCache[]> {
  const labelled = labelCaches(caches, registry);
  if (requests.length > 0) inPart(['allocate'], () => refuseNoBudget(labelled, registry));
  const opened: OpenedCache[] = [];
  for (const [i, cache] of labelled.entries()) {
    const all = inPart(['caches', i], () => underEach(cache, requests, registry));
    for (const one of all) opened.push(await inPart(['caches', i], () => openCache(one, registry, shape)));
  }
  return opened;
}

const hasBudget = ({ name, allocation }: AskedCache, registry: Registry) =>
  allocation === undefined && pluginOf(registry, 'cache', name).spec.within !== undefined;

/** What tells an allocation from others, such as `pyramid:64KiB` or `pyramid:64KiB@256,beta=3`. */
function nameOf({ policy, bytes, at, beta }: AllocationRequest): string {
  const length = at === null ? '' : `@${at}`;
  return `${policy}:${exactSize(bytes)}${length}${beta === undefined ? '' : `,beta=${beta}`}`;
}

/** A cache under every allocation, labelled `window@pyramid:64KiB`; once, if it has no budget or an allocation of its own. */
function underEach(
  cache: AskedCache,
  requests: readonly AllocationRequest[],
  registry: Registry,
): readonly AskedCache[] {
  if (requests.length === 0 || !hasBudget(cache, registry)) return [cache];
  return requests.map((request) => ({
    ...cache,
    label: `${cache.label}@${nameOf(request)}`,
    allocation: request,
  }));
}

/** Some of them may have none: a comparison has exact caches beside the others. */
function refuseNoBudget(caches: readonly AskedCache[], registry: Registry): void {
  if (caches.some((cache) => hasBudget(cache, registry))) return;
  const names = caches.map(({ name }) => name).join(', ');
  throw new Failure(
    'bad-option',
    `allocate: none of the caches has a budget to share among its layers and heads: ${names}`,
    'name one that has, such as window: `kronflow compare` without --cache runs them all',
  );
}

/**
 * Check the options of a cache, and share its bytes where it has an allocation: as that says, where it says what each head has.
 *
 * @throws Failure `bad-option`, or as `measureSpread`
 */
async function openCache(
  { name, label, options, allocation }: AskedCache,
  registry: Registry,
  shape: AllocatedShape,
): Promise<OpenedCache> {
  const plugin = pluginOf(registry, 'cache', name);
  if (allocation === undefined) {
    const factory = plugin(options);
    return { labelled: { name, label, factory }, config: { name, label, options: { ...factory.options } } };
  }
  const heads = await inPart(['allocation'], async () => {
    if (allocation.heads !== undefined) return refuseOtherHeads(plugin, allocation, allocation.heads, shape);
    const { calibration, at } = allocation;
    const isMeasured = POLICIES[allocation.policy].measures && calibration !== undefined;
    const spread = isMeasured ? await measureSpread(calibration, shape, at) : null;
    return allocate(plugin, options, allocation, shape, spread);
  });
  const allocated = factoriesOfHeads(plugin, heads);
  const resolved = { ...allocation, heads: heads.map((row) => [...row]) };
  return {
    labelled: { name, label, factory: allocated[0][0], allocated },
    config: { name, label, options, allocation: resolved },
  };
}

/** One factory for equal options: what is asked of each is asked once. */
function factoriesOfHeads(
  plugin: CachePlugin,
  heads: readonly (readonly HeadAllocation[])[],
): readonly (readonly CacheFactory[])[] {
  const made = new Map<string, CacheFactory>();
  const make = ({ options }: HeadAllocation) => {
    const key = JSON.stringify(options);
    const factory = made.get(key) ?? plugin(options);
    made.set(key, factory);
    return factory;
  };
  return heads.map((row) => row.map(make));
}

/** @throws Failure `bad-option` when what was written down is for another model, or more than the budget */
function refuseOtherHeads(
  plugin: CachePlugin,
  { bytes }: Allocation,
  heads: readonly (readonly HeadAllocation[])[],
  shape: AllocatedShape,
): readonly (readonly HeadAllocation[])[] {
  const hint = 'leave out heads: then the bytes are shared out again';
  const counts = heads.map((row) => row.length);
  if (counts.length !== shape.layers || counts.some((count) => count !== shape.heads)) {
    const what = `allocation: its heads are for ${counts.length} layers of ${counts[0] ?? 0} heads, the model has ${shape.layers} of ${shape.heads}`;
    throw new Failure('bad-option', what, hint);
  }
  const given = heads.flat().reduce((sum, head) => sum + head.bytes, 0);
  const over = heads.flat().find(({ options, bytes: most }) => mostHeld(plugin, options, shape) > most);
  if (given <= bytes && over === undefined) return heads;
  const what =
    over === undefined
      ? `allocation: its heads have ${given} B together, over the budget of ${bytes} B`
      : `allocation: a head of ${over.bytes} B comes to hold ${mostHeld(plugin, over.options, shape)} B`;
  throw new Failure('bad-option', what, hint);
}
