import { Failure } from '../../src/core/failure.js';
import { formatBytes, formatValue } from '../../src/core/format.js';
import type { IndexGame } from './types.js';

const MAX_ROWS = 2 ** 20;
const MAX_D = 256; // of the kernels
const MAX_BITS = 32;
const MAX_BYTES = 2 ** 32; // of shared memory
const MIN_D = 2;

/**
 * The free rows N and the dimension of a game.
 * @throws Failure `bad-option` for a value the game cannot be played with
 */
export function sizesOf({ streams, n, d, bits, indices }: IndexGame): { rows: number; d: number } {
  const rows = streams === 'four' ? n : n * n;
  refuseUnless(Number.isInteger(n) && n >= 2, 'n', n, 'at least 2: one row has no other to tell it from');
  refuseUnless(rows <= MAX_ROWS, 'n', n, `at most ${MAX_ROWS} rows, and ${streams} streams have ${rows}`);
  refuseUnless(indices === null || isWhole(indices, 1, rows), 'indices', indices, `1 to N = ${rows}`);
  refuseUnless(
    bits === null || isWhole(bits, 1, MAX_BITS),
    'bits',
    bits,
    `a whole number from 1 to ${MAX_BITS}`,
  );
  if ('exactly' in d) {
    refuseUnless(
      isWhole(d.exactly, MIN_D, MAX_D),
      'd',
      d.exactly,
      `a whole number from ${MIN_D} to ${MAX_D}`,
    );
    return { rows, d: d.exactly };
  }
  refuseUnless(d.perLn > 0, 'd-per-ln', d.perLn, 'above 0');
  const size = controlled(d.perLn, rows);
  refuseUnless(
    size <= MAX_D,
    'd-per-ln',
    d.perLn,
    `such that d ≤ ${MAX_D}, and it gives ${size} at N = ${rows}`,
  );
  return { rows, d: size };
}

/** ⌊c·ln N⌋, at least 2. */
export function controlled(perLn: number, rows: number): number {
  return Math.max(MIN_D, Math.floor(perLn * Math.log(rows)));
}

/**
 * Refuse caches that cannot take part.
 * @throws Failure `bad-option` for an order that a cache is not defined for; `out-of-memory` for one that is too large
 */
export function checkPlayers({ streams, caches }: IndexGame, rows: number, d: number): void {
  const order = streams === 'four' ? 'tensor' : 'matrix';
  for (const { label, factory } of caches) {
    if (!factory.spec.orders.includes(order)) {
      throw new Failure(
        'bad-option',
        `cache ${label}: order = ${order} of the ${streams} streams, but it is defined only for ${factory.spec.orders.join(', ')}`,
        `leave it out, or pass --streams ${streams === 'four' ? 'two' : 'four'}`,
      );
    }
    const size = factory.formula({ n: rows + 1, d, order, bytesPerNumber: 4, census: null });
    const bytes = size.residentBytes + size.metadataBytes + size.scratchBytes;
    if (bytes <= MAX_BYTES) continue;
    throw new Failure(
      'out-of-memory',
      `cache ${label} may need ${formatBytes(bytes)} at N = ${rows}, d = ${d} (${factory.spec.formulaText}), but shared memory holds ${formatBytes(MAX_BYTES)}`,
      'play with a smaller --n or --d, or leave this cache out',
    );
  }
}

function isWhole(x: number, least: number, most: number): boolean {
  return Number.isInteger(x) && x >= least && x <= most;
}

function refuseUnless(ok: boolean, name: string, value: unknown, rule: string): void {
  if (ok) return;
  throw new Failure(
    'bad-option',
    `${name} = ${formatValue(value)}: must be ${rule}`,
    'see kronflow index-game --help',
  );
}
