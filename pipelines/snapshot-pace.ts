const SHARE = 0.035; // of the time since the last one: under 5 % even when the next one takes two fifths more than expected
const LEAST_NS = 500e6; // what is lost to a crash is not worth less work than this
const GUESS_NS_PER_BYTE = 5; // 200 MB/s; what one takes beyond that is expected of the next one as well
const GUESS_NS = 5e6; // of making a file

/** When to take snapshots: after every so many steps (0: never), or as often as their cost allows. */
export type SnapshotEvery = number | 'auto';

/** Decides when a snapshot is due. */
export interface SnapshotPace {
  /** After a step: whether one should be taken now, of so many bytes. */
  due(steps: number, bytes: number): boolean;
  /** One was taken, or tried; `start` and `end` in nanoseconds. */
  taken(bytes: number, start: number, end: number): void;
}

/**
 * `auto`: a snapshot of all caches costs the more the longer the run is, so that no fixed number of steps is right. One is
 * taken when the time since the last is so long that its cost, guessed from the last one's and the bytes, is a small share.
 */
export function snapshotPace(every: SnapshotEvery, now: () => number): SnapshotPace {
  let since = now();
  let [fixed, perByte] = [GUESS_NS, GUESS_NS_PER_BYTE];
  return {
    due(steps, bytes) {
      if (every !== 'auto') return every > 0 && steps % every === 0;
      const elapsed = now() - since;
      return elapsed >= LEAST_NS && elapsed * SHARE >= fixed + perByte * bytes;
    },
    taken(bytes, start, end) {
      perByte = Math.min(GUESS_NS_PER_BYTE, (end - start) / Math.max(1, bytes));
      fixed = end - start - perByte * bytes; // of a small state nearly all: it must not be taken for a slow disk
      since = end;
    },
  };
}
