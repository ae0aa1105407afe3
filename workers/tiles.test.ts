import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttendJob, Atoms, Job, MassJob, Matrix, ProductJob } from '../src/core/plan.js';
import type { AttendRequest } from '../src/core/pool.js';
import type { KernelName } from './kernels/kernel.js';
import { cutTiles, tileCount } from './tiles.js';

const rows = (count: number): Matrix => ({ width: 8, count, spans: [{ offset: 128, rows: count }] });
const atoms = (count: number): Atoms => ({ keys: rows(count), values: rows(count), logWeights: null });
const grid = (n1: number, n2: number): AttendJob => ({
  ...{ kind: 'grid', role: 'both', logScale: 0, side1: atoms(n1), side2: atoms(n2) },
});
const job: fc.Arbitrary<Job> = fc.oneof(
  fc.tuple(fc.nat(5000), fc.nat(5000)).map(([n1, n2]) => grid(n1, n2)),
  fc.nat(200_000).map((n): AttendJob => ({ kind: 'rows', role: 'both', logScale: 0, atoms: atoms(n) })),
  fc.nat(300).map((n): ProductJob => ({ kind: 'product', a: rows(n), b: rows(n), into: rows(n * n) })),
  fc.tuple(fc.nat(5000), fc.nat(5000)).map(([n1, n2]): MassJob => ({
    kind: 'mass',
    side1: atoms(n1),
    side2: atoms(n2),
    logScale: 0,
    into: rows(n1),
  })),
);
const request = (d: number): AttendRequest => ({
  q: { offset: 0, length: d },
  d,
  scale: 1,
  plan: { jobs: [] },
});

/** Rows a job has to go through, counted here: none when a grid has no pair. */
function rowsOf(job: Job): number {
  if (job.kind === 'grid') return job.side2.keys.count === 0 ? 0 : job.side1.keys.count;
  if (job.kind === 'rows') return job.atoms.keys.count;
  if ('into' in job) return job.into.count;
  throw new RangeError(`no ${job.kind} is made here`);
}

describe('cutTiles', () => {
  it('covers every row of every job exactly once, numbering tiles without a gap (property)', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 5 }), fc.integer({ min: 1, max: 256 }), (jobs, d) => {
        const works = cutTiles(
          jobs.map((job) => ({ request: request(d), job })),
          'reference',
        );
        let next = 0;
        works.forEach(({ job, tileRows, rows, firstTile, tiles }, i) => {
          expect(job).toBe(jobs[i]);
          expect(rows).toBe(rowsOf(job));
          expect(firstTile).toBe(next);
          expect(tileRows).toBeGreaterThan(0);
          expect(tiles * tileRows).toBeGreaterThanOrEqual(rows);
          expect(Math.max(0, tiles - 1) * tileRows).toBeLessThan(Math.max(1, rows)); // no tile is empty
          next += tiles;
        });
        expect(tileCount(works)).toBe(next);
      }),
    );
  });

  it('cuts a job the same way whatever stands beside it (L6, property)', () => {
    fc.assert(
      fc.property(
        job,
        fc.array(job, { maxLength: 4 }),
        fc.integer({ min: 1, max: 256 }),
        (job, others, d) => {
          const cut = (jobs: Job[]) =>
            cutTiles(
              jobs.map((job) => ({ request: request(d), job })),
              'reference',
            );
          const { tileRows, rows, tiles } = cut([job])[0];
          expect(cut([...others, job]).at(-1)).toMatchObject({ tileRows, rows, tiles });
        },
      ),
    );
  });

  it('gives threads something to share at n = 128, and does not shred smaller steps', () => {
    const tilesAt = (n: number, d: number, kernel: KernelName = 'reference') =>
      tileCount(cutTiles([{ request: request(d), job: grid(n, n) }], kernel));
    expect(tilesAt(64, 64)).toBe(1);
    expect(tilesAt(256, 64)).toBe(4);
    expect(tilesAt(2048, 64)).toBe(32);
    expect([64, 128, 512, 1024].map((n) => tilesAt(n, 64, 'native'))).toEqual([1, 2, 8, 16]); // 10 µs of work at least
    expect([64, 128, 256].map((n) => tilesAt(n, 64, 'wasm'))).toEqual([1, 3, 6]);
    expect(tileCount([])).toBe(0);
  });
});
