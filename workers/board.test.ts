import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Atoms, Blocks, Job, Matrix, Role, Skip } from '../src/core/plan.js';
import { encodeBoard } from './board.js';
import type { BoardJob } from './kernels/kernel.js';
import { decodeBoard } from './read-board.js';
import type { Work } from './tiles.js';

const count = fc.nat(1e6);
const offset = fc.nat({ max: 2 ** 31 - 1 }).map((i) => 4 * i); // up to the last byte of 8 GiB
const number = fc.double({ noNaN: true }); // -Infinity is a weight of 0
const matrix: fc.Arbitrary<Matrix> = fc.record({
  ...{ width: count, count },
  spans: fc.array(fc.record({ offset, rows: count }), { maxLength: 4 }),
});
const wide = matrix.map((numbers) => ({ ...numbers, wide: 'f64' as const }));
const atoms: fc.Arbitrary<Atoms> = fc.record({
  ...{ keys: matrix, values: matrix },
  logWeights: fc.option(matrix),
});
const role = fc.constantFrom<Role>('both', 'numerator', 'denominator');
const blocks: fc.Arbitrary<Blocks> = fc.record({ lo: matrix, hi: matrix });
const skip: fc.Arbitrary<Skip> = fc.record({
  ...{ tau: number, bounds: matrix, found: matrix, blocks1: blocks },
  blocks2: fc.option(blocks),
});
const maybe = fc.option(skip, { nil: undefined });
const grid = { kind: fc.constant('grid' as const), role, logScale: number, side1: atoms, side2: atoms };
const job: fc.Arbitrary<Job> = fc.oneof(
  fc.record({ ...grid, skip: maybe }),
  fc.record({ kind: fc.constant('rows' as const), role, logScale: number, atoms, skip: maybe }),
  fc.record({ kind: fc.constant('product' as const), a: matrix, b: matrix, into: matrix }),
  fc.record({ kind: fc.constant('bounds' as const), keys1: matrix, keys2: fc.option(matrix), skip }),
  fc.record({
    ...{ kind: fc.constant('task' as const), role, task: fc.string({ unit: 'grapheme' }), rows: count },
    ...{ pairs: number, inputs: fc.array(fc.oneof(matrix, wide), { maxLength: 3 }) },
    numbers: fc.array(number, { maxLength: 5 }),
  }),
);
const works: fc.Arbitrary<readonly Work[]> = fc.array(
  fc.record({
    ...{ job, tileRows: count, rows: count, firstTile: count, tiles: count, size: count },
    request: fc.record({
      q: fc.record({ offset, length: count }),
      ...{ d: count, scale: number, precise: fc.boolean(), plan: fc.constant({ jobs: [] }) },
    }),
  }),
  { maxLength: 6 },
);

const isFast = (job: Job, precise: boolean) => job.kind === 'grid' && !precise;
const encode = (list: readonly Work[]) => encodeBoard(list, 4, isFast).words.slice();
const readBack = (read: BoardJob) => {
  const { scratch, precise, fast, q, d, scale, tileRows, rows, firstTile, tiles, job } = read;
  return { scratch, precise, fast, q, d, scale, tileRows, rows, firstTile, tiles, job };
};

describe('the board', () => {
  it('reads back every number that was written, through float64 memory (property)', () => {
    fc.assert(
      fc.property(works, (list) => {
        const read = decodeBoard(encode(list), 64, 256).map(readBack);
        expect(read).toEqual(
          list.map(({ request: { q, d, scale, precise }, ...work }) => {
            const { tileRows, rows, firstTile, tiles } = work;
            return {
              scratch: 256,
              precise,
              fast: isFast(work.job, precise === true),
              q: q.offset / 4,
              d,
              scale,
              tileRows,
              rows,
              firstTile,
              tiles,
              job: work.job,
            };
          }),
        );
      }),
    );
  });

  it('says where the words of each job start, for kernels that read them', () => {
    const [first] = fc.sample(works, { numRuns: 20, seed: 4 }).filter((list) => list.length >= 2);
    const words = encode(first);
    for (const [i, { words: at }] of decodeBoard(words, 1024, 0).entries()) {
      const start = (at - 1024) / 8;
      expect(words[start + 1]).toBe(first[i].request.q.offset / 4);
      expect(words[start + 3]).toBe(first[i].request.scale);
    }
  });
});
