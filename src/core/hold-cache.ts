import type { CacheFactory, HeldBytes } from './cache.js';
import type { Ledger } from './ledger.js';
import type { Arena, Purpose, Rows, Wide } from './memory.js';
import type { Random } from './random.js';
import type { HeldCache, SavedCache } from './run.js';
import type { ModelShape } from './shape.js';

/** Whose cache it is and what it is made from. */
export interface Holding {
  readonly label: string;
  readonly streamId: number;
  readonly layer: number;
  readonly head: number;
  readonly factory: CacheFactory;
  readonly shape: Pick<ModelShape, 'd' | 'order' | 'scale'>;
  readonly arena: Arena;
  readonly ledger: Ledger;
  readonly random: Random;
}

/**
 * Create one instance of a cache whose every row is charged to `label/stream/layer/head/purpose` before it is
 * written, and whose bytes are added up from the rows it really holds.
 */
export function holdCache(holding: Holding): HeldCache {
  const { label, streamId, layer, head, factory, shape, arena, ledger, random } = holding;
  const held: Record<Purpose, Rows[]> = { resident: [], metadata: [], scratch: [] };
  const rows = (width: number, purpose: Purpose = 'resident', wide?: Wide) => {
    const account = `${label}/${streamId}/${layer}/${head}/${purpose}`;
    const made = arena.rows(width, (bytes) => ledger.charge(account, bytes), wide);
    held[purpose].push(made);
    return made;
  };
  const total = (purpose: Purpose) => held[purpose].reduce((sum, { bytes }) => sum + bytes, 0);
  const release = () => {
    for (const made of Object.values(held).flat()) made.release();
  };
  const createOrRelease = () => {
    try {
      return factory.create({
        ...{ d: shape.d, order: shape.order, scale: shape.scale },
        ...{ bytesPerNumber: arena.bytesPerNumber, random, rows },
      });
    } catch (error) {
      release(); // the ledger holds only what is there (law L2)
      throw error;
    }
  };
  const made: HeldCache = {
    label,
    head,
    factory,
    cache: createOrRelease(),
    appended: 0,
    outOfRange: false,
    bytes: (): HeldBytes => ({
      resident: total('resident'),
      metadata: total('metadata'),
      scratch: total('scratch'),
    }),
    save: (): SavedCache => ({
      ...{ label, head, appended: made.appended, outOfRange: made.outOfRange },
      ...{ state: made.cache.snapshot(), bytes: made.bytes() },
      scratch: held.scratch.map(({ count }) => count),
    }),
    restore(saved) {
      if (saved.label !== label || saved.head !== head) {
        throw new RangeError(`${label}, head ${head}: a snapshot of ${saved.label}, head ${saved.head}`);
      }
      made.cache.restore(saved.state);
      saved.scratch.forEach((count, i) => held.scratch[i].resize(count));
      mustBe(made.bytes(), saved);
      made.appended = saved.appended;
      made.outOfRange = saved.outOfRange;
    },
    release,
  };
  return made;
}

/** A cache that forgot to save a matrix would go on with wrong bytes, or wrong answers. */
function mustBe(bytes: HeldBytes, saved: SavedCache): void {
  for (const purpose of ['resident', 'metadata', 'scratch'] as const) {
    if (bytes[purpose] === saved.bytes[purpose]) continue;
    throw new RangeError(
      `${saved.label}: restored to ${bytes[purpose]} bytes ${purpose}, not ${saved.bytes[purpose]}`,
    );
  }
}
