/**
 * The head of a step, float64 numbers at a place of shared memory that never moves: where the step lies. Offsets and sizes
 * in bytes.
 *   words: the jobs (board.ts); flags: int32, the number of the next tile to take, then one per tile, 1 when its partial
 *   is whole; partials: float64, `stride` numbers from one to the next; memoryBytes: of the shared memory, which may have
 *   grown since a thread looked
 */
export const HEAD = {
  words: 0,
  wordBytes: 1,
  flags: 2,
  flagBytes: 3,
  partials: 4,
  stride: 5,
  tiles: 6,
  memoryBytes: 7,
} as const;

/** Numbers of a head. */
export const HEAD_LENGTH = 8;
