import type { Snapshot } from '../../../src/core/cache.js';
import type { Rows } from '../../../src/core/memory.js';
import type { Random } from '../../../src/core/random.js';

/** A piece of a cache that can be saved and brought back, bit for bit. */
export interface Saved {
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
}

/** Save matrices under the names they are given. */
export function savedRows(rows: Readonly<Record<string, Rows>>): Saved {
  return {
    snapshot: () =>
      Object.fromEntries(Object.entries(rows).map(([name, matrix]) => [name, matrix.snapshot()])),
    restore(snapshot) {
      for (const [name, matrix] of Object.entries(rows)) {
        const stored = arrayOf(snapshot, name);
        if (stored instanceof Float32Array || stored instanceof Float64Array) matrix.restore(stored);
        else throw new RangeError(`snapshot: ${name} holds no rows`);
      }
    },
  };
}

/** Save a few scalars as one list. */
export function savedNumbers(
  name: string,
  get: () => readonly number[],
  set: (numbers: number[]) => void,
): Saved {
  return {
    snapshot: () => ({ [name]: get() }),
    restore: (snapshot) => set(Array.from(arrayOf(snapshot, name))),
  };
}

/** Save where a random stream stands. */
export function savedRandom(random: Random): Saved {
  return savedNumbers('random', () => random.state(), random.restore);
}

/** Save several pieces as one; each array is stored under `piece.name`. */
export function savedTogether(pieces: Readonly<Record<string, Saved>>): Saved {
  return {
    snapshot: () =>
      Object.fromEntries(
        Object.entries(pieces).flatMap(([piece, saved]) =>
          Object.entries(saved.snapshot()).map(([name, array]) => [`${piece}.${name}`, array]),
        ),
      ),
    restore(snapshot) {
      for (const [piece, saved] of Object.entries(pieces)) {
        const own = Object.entries(snapshot).filter(([name]) => name.startsWith(`${piece}.`));
        saved.restore(Object.fromEntries(own.map(([name, array]) => [name.slice(piece.length + 1), array])));
      }
    },
  };
}

function arrayOf(snapshot: Snapshot, name: string): Snapshot[string] {
  const array = snapshot[name];
  if (array === undefined)
    throw new RangeError(`snapshot: ${name} is missing; it has ${Object.keys(snapshot)}`);
  return array;
}
