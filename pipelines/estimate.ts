import { fourCache } from '../operators/caches/four-cache.js';
import type { Size } from '../src/core/cache.js';
import { factoriesOf } from './allocation/factories.js';
import type { LabelledCache } from './cache-bank.js';
import type { Config } from './config.js';
import type { ResolvedRun } from './resolve.js';
import { asRecorded, takingTurns, type StreamLength } from './stream-lengths.js';

const BYTES_PER_NUMBER = 4; // runs keep float32

/** What one cache of a run comes to, in all streams, layers and heads. */
export interface CacheEstimate {
  readonly cache: string;
  readonly name: string;
  readonly resident_bytes: number;
  readonly metadata_bytes: number;
  readonly scratch_bytes: number;
  /** Of the last step of the longest stream, in all layers and heads. */
  readonly flops_per_step: number;
}

/** What a run will take, from formulas alone. */
export interface RunEstimate {
  /** Steps of all streams; null when the source cannot tell. */
  readonly steps: number | null;
  /** Tokens of the longest stream, for which the caches are estimated. */
  readonly n: number;
  /** Whether `n` is an example, because nobody knows how long the streams are. */
  readonly assumed: boolean;
  readonly streams: number;
  readonly caches: readonly CacheEstimate[];
  /** Bytes that all caches use at the end, the exact reference among them. */
  readonly cache_bytes: number;
  /** Shared memory that is planned for: with room for growing and working; null when unknown. */
  readonly memory_bytes: number | null;
}

/** How long a stream is taken to be when its source cannot tell. */
const EXAMPLE = 1000;

/**
 * The most that every cache of a run can come to, by its formula; one that depends on the data may stay below.
 * Reads no more than resolving did.
 */
export async function estimateRun(resolved: ResolvedRun): Promise<RunEstimate> {
  const { config, caches, steps, memoryBytes } = resolved;
  const known = steps ?? config.tokens;
  const lengths = await lengthsOf(resolved, known ?? EXAMPLE);
  const sized = caches.map((cache) => estimateCache(cache, config, lengths));
  const reference = config.reference === 'f64' ? [{ label: 'reference', factory: fourCache() }] : [];
  const all = [...sized, ...reference.map((cache) => estimateCache(cache, config, lengths))];
  const bytes = (c: CacheEstimate) => c.resident_bytes + c.metadata_bytes + c.scratch_bytes;
  return {
    ...{ steps, assumed: known === null, caches: sized },
    n: Math.max(...lengths.map((group) => group.n)),
    streams: lengths.reduce((sum, group) => sum + group.streams, 0),
    cache_bytes: all.reduce((sum, c) => sum + bytes(c), 0),
    memory_bytes: memoryBytes === 0 ? null : memoryBytes,
  };
}

async function lengthsOf({ source }: ResolvedRun, steps: number): Promise<readonly StreamLength[]> {
  if (source.streams !== null) return takingTurns(source.streams)(steps);
  const ids = source.kind === 'entries' ? ((await source.streamIds?.(steps)) ?? null) : null;
  return ids === null ? takingTurns(1)(steps) : asRecorded(ids)(steps);
}

function estimateCache(
  { label, ...made }: Pick<LabelledCache, 'label' | 'factory' | 'allocated'>,
  { model: { d, order, ...counts } }: Config,
  lengths: readonly StreamLength[],
): CacheEstimate {
  const factories = factoriesOf(made, counts);
  const groups = lengths.map(({ n, streams }) => {
    const sizes = factories.map(({ factory, instances }) => ({
      instances,
      size: factory.formula({ n, d, order, bytesPerNumber: BYTES_PER_NUMBER, census: null }),
    }));
    const perStream = (of: (size: Size) => number) =>
      sizes.reduce((sum, { instances, size }) => sum + instances * of(size), 0);
    return { streams, perStream };
  });
  const total = (of: (size: Size) => number) =>
    groups.reduce((sum, { streams, perStream }) => sum + streams * perStream(of), 0);
  return {
    ...{ cache: label, name: made.factory.spec.name },
    resident_bytes: total((size) => size.residentBytes),
    metadata_bytes: total((size) => size.metadataBytes),
    scratch_bytes: total((size) => size.scratchBytes),
    flops_per_step: Math.max(...groups.map(({ perStream }) => perStream((size) => size.flops))),
  };
}
