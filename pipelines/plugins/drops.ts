import { Failure } from '../../src/core/failure.js';
import type { CacheBank, DroppedCache, StepPlace } from '../../src/core/run.js';
import { pluginFailure } from '../../src/core/thrown.js';

/** A cache as messages name it: its label, and what users name it by where that is a reference. */
interface Named {
  readonly label: string;
  readonly name?: string;
}

/** What becomes of caches that fail: the run ends, or goes on without them. */
export interface Drops {
  /** Caches that were dropped, in the order in which they failed. */
  readonly all: readonly DroppedCache[];
  /** Their labels. */
  readonly labels: ReadonlySet<string>;
  readonly failed: CacheBank['failed'];
  /** Whether there are some that nobody has been told of. */
  hasNew(): boolean;
  /** Those; asking makes them known. */
  takeNew(): readonly DroppedCache[];
  /** One that the run had dropped, and told of, when its snapshot was taken. */
  restore(drop: DroppedCache): void;
}

/** Nothing dropped yet. `onError` decides whether a failing cache ends the run (`stop`) or is dropped from it (`skip`). */
export function createDrops(caches: readonly Named[], onError: 'stop' | 'skip'): Drops {
  const all: DroppedCache[] = [];
  const labels = new Set<string>();
  let told = 0;
  const add = (drop: DroppedCache) => {
    all.push(drop);
    labels.add(drop.cache);
  };
  return {
    all,
    labels,
    failed({ label, head }, at, doing, error) {
      const failure = failureOf(caches, { label, head }, at, doing, error);
      if (failure.code !== 'plugin-failed') throw failure;
      if (onError === 'stop') throw withHint(failure, '--on-error skip goes on without it');
      if (labels.has(label)) return;
      add({ cache: label, streamId: at.streamId, step: at.step, message: failure.what });
      if (labels.size === caches.length)
        throw withHint(failure, 'no cache is left: --on-error skip needs one');
    },
    hasNew: () => told < all.length,
    takeNew() {
      const taken = all.slice(told);
      told = all.length;
      return taken;
    },
    restore(drop) {
      add(drop);
      told = all.length;
    },
  };
}

/** What a cache threw, with its name and place. */
export function failureOf(
  caches: readonly Named[],
  { label, head }: { readonly label: string; readonly head: number },
  { streamId, layer, step }: StepPlace,
  doing: string,
  error: unknown,
): Failure {
  const name = caches.find((cache) => cache.label === label)?.name ?? label;
  const who = `cache ${name === label ? label : `${label} (${name})`}`;
  return pluginFailure(
    `${who}, stream ${streamId}, layer ${layer}, head ${head}, step ${step}`,
    doing,
    error,
  );
}

function withHint({ code, what, hint, cause }: Failure, more: string): Failure {
  return new Failure(code, what, hint === undefined ? more : `${hint}; ${more}`, { cause });
}
