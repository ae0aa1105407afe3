import type { CacheTally } from './cache-tally.js';
import type { PlotRow } from './message.js';

/** How bins become rows. */
interface Making {
  /** How often what is in each bin has changed: 0 while nothing is there. */
  changes(tally: CacheTally): ArrayLike<number>;
  row(tally: CacheTally, bin: number): PlotRow;
}

/**
 * Rows of the bins of caches. A row is made again only after its bin has changed: of a run that grows, the last bins
 * have. They stand bin after bin: what is new comes at the end, and what was told stays at its place.
 */
export class BinRows {
  readonly #known: { changes: number; row: PlotRow }[] = [];
  #width = 0;

  constructor(
    private readonly bins: number,
    private readonly making: Making,
  ) {}

  /** All rows; with another `width` of the bins than the last time, all are new. */
  of(tallies: readonly CacheTally[], width = 0): readonly PlotRow[] {
    if (width !== this.#width) this.#known.length = 0;
    this.#width = width;
    const changes = tallies.map((tally) => this.making.changes(tally));
    const rows: PlotRow[] = [];
    for (let bin = 0; bin < this.bins; bin++) {
      for (let i = 0; i < tallies.length; i++) {
        if (changes[i][bin] > 0) rows.push(this.#row(tallies[i], i, bin, changes[i][bin]));
      }
    }
    return rows;
  }

  #row(tally: CacheTally, i: number, bin: number, changes: number): PlotRow {
    const at = i * this.bins + bin;
    const known = this.#known[at];
    if (known?.changes === changes) return known.row;
    const row = this.making.row(tally, bin);
    this.#known[at] = { changes, row };
    return row;
  }
}
